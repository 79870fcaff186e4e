#!/usr/bin/env node
/*
 * An EP/1 client over @lug/netproxy-node-ipc 1.0.2, the transport of the npm module @lug/e-pigeon; written
 * from spec/protocol.md alone, to learn from. It does what 1.0.2 left out: it keeps order, knows duplicates,
 * and loses nothing. Read first: chapters 6 to 8 of the protocol. As a module: class Client. As a program an
 * adapter for epigeon-conform: node client.js HOST PORT [GAP_WAIT_MS]. The transport is that of src/test/node.
 */
'use strict'

const { randomUUID } = require('crypto')
const EventEmitter = require('events')
const { createRequire } = require('module')
const path = require('path')

const beside = createRequire(path.join(__dirname, '../../src/test/node/'))
const { NetClientProxyNodeIpc } = beside('@lug/netproxy-node-ipc')
beside('node-ipc').config.stopRetrying = true

const TIMERS = { auth: 10000, gapWait: 10000, reconnect: 500, reconnectMax: 5000, resend: 2000 }
const DEDUP = 65536
const HELD = 1024
const DEPTH = 256
const isDeeper = (value, most) => value !== null && typeof value === 'object' &&
  (most === 0 || Object.values(value).some(inner => isDeeper(inner, most - 1)))
const keyOf = message => `${message.from}\n${message.uid}`

class Client extends EventEmitter {
  constructor ({ id = randomUUID(), timers = {} } = {}) {
    super()
    this.id = id
    this.timers = { ...TIMERS, ...timers }
    this.session = {}
    this.outbox = [] // {message, timer}: unconfirmed, in the order of sending
    this.nextId = 0
    this.authenticated = false
    this.wasAuthenticated = false
    this.expected = null // the id that comes next; null: nothing is known
    this.held = new Map() // id → message that came too early; null: a duplicate had this id
    this.seen = new Set() // senders with uids, the oldest first
    this.gapTimer = null
    this.wanted = null // where the application wants to be connected to
    this.transport = null
  }

  connect (host, port) {
    this.wanted = { host, port }
    this.pause = this.timers.reconnect
    if (this.transport === null) this.open()
  }

  disconnect () {
    this.wanted = null
    clearTimeout(this.reconnectTimer)
    this.leave()
  }

  /* A new transport for each connection: the reconnecting of node-ipc is switched off above. */
  open () {
    const transport = this.transport = new NetClientProxyNodeIpc()
    transport.ev.on('connected', () => this.write('auth', this.id)) // [EP-AUTH-1]
    transport.ev.on('disconnect', () => this.onClosed(transport))
    transport.ev.on('data', text => this.onText(text))
    transport.ev.on('error', () => { // nobody there; or a frame that is no JSON [EP-ERR-3]
      if (!this.authenticated) this.leave()
    })
    this.authTimer = setTimeout(() => this.leave(), this.timers.auth) // [EP-AUTH-4]
    transport.connect(this.wanted.host, this.wanted.port)
  }

  leave () {
    if (this.transport === null) return
    this.transport.disconnect() // this says no more after it
    this.onClosed(this.transport)
  }

  onClosed (transport) {
    if (transport !== this.transport) return
    this.transport = null
    clearTimeout(this.authTimer)
    for (const item of this.outbox) clearInterval(item.timer)
    if (this.authenticated) this.emit('disconnected')
    this.authenticated = false
    if (this.wanted === null) return
    this.reconnectTimer = setTimeout(() => this.open(), this.pause) // [EP-CLI-2]
    this.pause = Math.min(2 * this.pause, this.timers.reconnectMax)
  }

  setSession (session) {
    this.session = session
    if (this.authenticated) this.write('session.update', session) // [EP-SESS-1]
  }

  send (to, payload) {
    const message = { from: this.id, to, id: this.nextId++, uid: randomUUID(), payload } // [EP-SEND-1]
    const item = { message, timer: null }
    this.outbox.push(item) // until it is confirmed [EP-G6-1]
    if (this.authenticated) this.transmit(item)
    return message.uid
  }

  write (action, payload) {
    this.transport.send(JSON.stringify({ action, payload }))
  }

  /* A 1.0.2 server can lose a frame: so it is written again, until it is confirmed [EP-SEND-8]. */
  transmit (item) {
    clearInterval(item.timer)
    this.write('message.new', item.message)
    item.timer = setInterval(() => this.write('message.new', item.message), this.timers.resend)
  }

  onText (text) {
    let frame
    try {
      frame = JSON.parse(text)
    } catch {
      if (!this.authenticated) this.leave()
      return // malformed: dropped [EP-ERR-3]
    }
    if (this.authenticated && isDeeper(frame, DEPTH)) return this.emit('skipped', 'too-deep') // [EP-LIM-10]
    const { action, payload } = frame ?? {}
    if (action === 'auth' && !this.authenticated && typeof payload === 'boolean') this.onAuth(payload)
    if (!this.authenticated) return
    if (action === 'message.new') this.onMessage(payload)
    if (action === 'message.confirm') this.onConfirm(payload)
    if (action === 'message.retry') this.onRetry(payload)
    if (action === 'clients.list' && Array.isArray(payload)) this.emit('list', payload)
    if (action === 'session.update' && payload?.uuid) this.emit('session', payload.uuid, payload.session)
    if (action === 'client.connect') this.emit('arrived', payload)
    if (action === 'client.disconnect') this.emit('gone', payload)
    // Whatever else comes changes nothing [EP-ERR-6].
  }

  onAuth (isKnown) {
    if (!isKnown && this.wasAuthenticated) { // the server lost our stream [EP-LOST-4]
      this.nextId = 0
      for (const item of this.outbox) item.message.id = this.nextId++
    }
    if (!isKnown) this.expected = 0
    this.held.clear()
    this.watchGap()
    clearTimeout(this.authTimer)
    this.pause = this.timers.reconnect
    this.authenticated = this.wasAuthenticated = true
    this.emit('authenticated', isKnown)
    this.write('session.update', this.session) // even {} [EP-RES-5]
    for (const item of this.outbox) this.transmit(item)
  }

  onConfirm (uid) {
    const at = this.outbox.findIndex(item => item.message.uid === uid) // the oldest [EP-SEND-5]
    if (at === -1) return
    clearInterval(this.outbox[at].timer)
    this.outbox.splice(at, 1)
    this.emit('confirmed', uid)
  }

  onRetry (id) {
    const item = this.outbox.find(item => item.message.id === id)
    if (item) this.transmit(item) // [EP-SEND-6]
  }

  /* In order, and each once; sender and uid tell a duplicate, the id does not [EP-RECV-5]. */
  onMessage (message) {
    if (!Number.isSafeInteger(message?.id) || message.id < 0 || typeof message.uid !== 'string') return
    if (this.expected === null) this.expected = message.id // [EP-RECV-12]
    const { id } = message
    const isKnown = this.seen.has(keyOf(message))
    if (id > this.expected && !this.held.has(id)) this.held.set(id, isKnown ? null : message) // [EP-RECV-3]
    if (id <= this.expected || isKnown) this.deliver(message)
    if (id === this.expected) {
      this.expected++
      this.deliverHeld()
    }
    if (this.held.size > HELD) this.held.delete(Math.max(...this.held.keys()))
    this.watchGap()
  }

  deliver (message) {
    if (!this.seen.has(keyOf(message))) this.emit('message', message)
    this.seen.add(keyOf(message))
    if (this.seen.size > DEDUP) this.seen.delete(this.seen.values().next().value)
    this.write('message.confirm', message.uid) // not before it was handed over [EP-RECV-8]
  }

  deliverHeld () {
    clearTimeout(this.gapTimer)
    this.gapTimer = null
    for (; this.held.has(this.expected); this.expected++) {
      const message = this.held.get(this.expected)
      this.held.delete(this.expected)
      if (message) this.deliver(message)
    }
  }

  watchGap () {
    if (this.held.size === 0) clearTimeout(this.gapTimer)
    if (this.held.size === 0) this.gapTimer = null
    else this.gapTimer ??= setTimeout(() => this.leaveGaps(), this.timers.gapWait)
  }

  /* A 1.0.2 server can skip an id for good: says which, and goes on with what is there [EP-RECV-7]. */
  leaveGaps () {
    while (this.held.size > 0) {
      const first = Math.min(...this.held.keys())
      this.emit('lost', this.expected, first - this.expected)
      this.expected = first
      this.deliverHeld()
    }
  }
}

/* ---- the adapter --------------------------------------------------------------------------------- */

function print (...fields) {
  process.stdout.write(fields.join('\t') + '\n')
}

function block (ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function obey (client, host, port, [word, ...fields]) {
  if (word === 'connect') return client.connect(host, port)
  if (word === 'disconnect') return client.disconnect()
  if (word === 'session') return client.setSession(JSON.parse(fields[0]))
  if (word === 'version' && fields[0] === '1') return // it speaks nothing else
  if (word === 'slow') client.prependListener('message', () => block(Number(fields[0])))
  else if (word === 'send') client.send(JSON.parse(fields[0]), fields[1] ? JSON.parse(fields[1]) : undefined)
  else print('unsupported')
}

function main ([host, port, gapWait]) {
  const client = new Client({ id: 'node', timers: gapWait ? { gapWait: Number(gapWait) } : {} })
  client.on('authenticated', isKnown => print('authenticated', isKnown ? 'known' : 'unknown'))
  client.on('disconnected', () => print('disconnected'))
  client.on('message', ({ from, payload }) => {
    if (payload === undefined) print('message', from)
    else print('message', from, JSON.stringify(payload))
  })
  client.on('confirmed', uid => print('confirmed', uid))
  client.on('skipped', code => print('error', code, 'goes-on'))
  client.on('lost', (id, count) => print('lost', id, count))
  client.on('arrived', id => print('arrived', id))
  client.on('gone', id => print('gone', id))
  client.on('session', (id, session) => print('session', id, JSON.stringify(session)))
  client.on('list', list => print('list', JSON.stringify(list), 0))
  const lines = require('readline').createInterface({ input: process.stdin })
  lines.on('line', line => obey(client, host, Number(port), line.split('\t')))
  lines.on('close', () => process.exit(0))
}

module.exports = { Client }
if (require.main === module) main(process.argv.slice(2))
