#!/usr/bin/env node
/*
 * A client that behaves on the wire as the one of e-pigeon 1.0.2 does, faults included, over the
 * transport that 1.0.2 uses. For tests only: a peer that epigeond must be able to live with.
 * As a module: class Client. As a program: `node client.js HOST PORT`, one JSON command a line on
 * stdin ({"do":"connect"|"session"|"send"|"state"|"disconnect"|"quit", …}), one JSON event a line
 * on stdout. Read captures/ for what it imitates and fidelity.test.js for the comparison.
 */
'use strict'

const { randomUUID } = require('crypto')
const EventEmitter = require('events')
const { NetClientProxyNodeIpc } = require('@lug/netproxy-node-ipc')

const RESEND_MS = 2000

class Client extends EventEmitter {
  constructor ({ uuid = randomUUID(), session = {} } = {}) {
    super()
    this.uuid = uuid
    this.session = { ...session }
    this.clients = new Map() // uuid → {uuid, state, session}, as the last list told
    this.unconfirmed = [] // {message, timer}, in the order of sending
    this.nextId = 0
    this.connected = false // the TCP connection stands; auth may still be under way
    this.wasKnown = false // an auth reply has been seen: this is not the first connection
    this.transport = new NetClientProxyNodeIpc()
    this.transport.ev.on('connected', () => this._onConnected())
    this.transport.ev.on('disconnect', () => this._onDisconnected())
    this.transport.ev.on('data', text => this._onText(text))
  }

  connect (host, port) {
    this.transport.connect(host, port)
  }

  disconnect () {
    this.transport.disconnect()
  }

  updateSession (changes) {
    Object.assign(this.session, changes)
    if (this.connected) this._write('session.update', this.session)
  }

  sendMessage (to, content) {
    const message = { from: this.uuid, to, id: this.nextId++, uid: randomUUID(), payload: content }
    const entry = { message, timer: null }
    this.unconfirmed.push(entry)
    if (this.connected) this._transmit(entry)
    return message.uid
  }

  /* Whatever is written here leaves at once: tests use it to say what 1.0.2 never says. */
  _write (action, payload) {
    const text = JSON.stringify({ action, payload })
    this.emit('frame', 'out', text)
    this.transport.send(text)
  }

  _transmit (entry) {
    clearInterval(entry.timer)
    this._write('message.new', entry.message)
    entry.timer = setInterval(() => {
      if (this.connected) this._write('message.new', entry.message)
    }, RESEND_MS)
    entry.timer.unref()
  }

  /* The application hears of the connection before auth is written, and may write first. */
  _onConnected () {
    this.connected = true
    this.emit('connected')
    this._write('auth', this.uuid)
  }

  /* The transport also says this for each attempt that fails; those are not passed on. */
  _onDisconnected () {
    if (!this.connected) return
    this.connected = false
    for (const entry of this.unconfirmed) clearInterval(entry.timer)
    this.emit('disconnected')
  }

  _onText (text) {
    this.emit('frame', 'in', text)
    const { action, payload } = JSON.parse(text)
    switch (action) {
      case 'auth': return this._onAuth(payload)
      case 'clients.list': return this._onList(payload)
      case 'session.update': return this._onSession(payload)
      case 'client.connect': return this._onPresence(action, payload, 'connected')
      case 'client.disconnect': return this._onPresence(action, payload, 'disconnected')
      case 'message.new': return this._onMessage(payload)
      case 'message.confirm': return this._onConfirm(payload)
      case 'message.retry': return this._onRetry(payload)
      default: throw new Error(`unknown action ${action}`)
    }
  }

  /*
   * A server that does not know us any more has lost our stream. 1.0.2 then forgets what was not
   * confirmed and counts from 0, but leaves the timers: a message written before this reply goes
   * on arriving every 2 s under its old id.
   */
  _onAuth (isKnown) {
    this._write('session.update', this.session)
    if (!isKnown && this.wasKnown) {
      this.unconfirmed = []
      this.nextId = 0
    }
    this.wasKnown = true
    this.emit('authenticated')
    for (const entry of this.unconfirmed) this._transmit(entry)
  }

  _onList (list) {
    this.clients = new Map(list.map(client => [client.uuid, client]))
  }

  _onSession (update) {
    const known = this.clients.get(update.uuid)
    if (known) known.session = update.session
    this.emit('session.update', update)
  }

  _onPresence (action, uuid, state) {
    const known = this.clients.get(uuid)
    if (known) known.state = state
    else this._write('clients.list', '')
    this.emit(action, uuid)
  }

  /* Confirmed first, then handed over, whatever it is: no order, no look for duplicates. */
  _onMessage (message) {
    this._write('message.confirm', message.uid)
    this.emit('message', message)
  }

  _onConfirm (uid) {
    const at = this.unconfirmed.findIndex(entry => entry.message.uid === uid)
    if (at === -1) return
    clearInterval(this.unconfirmed[at].timer)
    this.unconfirmed.splice(at, 1)
  }

  /* As on the server of 1.0.2: one more copy, and no further resend on this connection. */
  _onRetry (id) {
    const entry = this.unconfirmed.find(entry => entry.message.id === id)
    if (!entry) throw new Error(`message.retry for id ${id}, which is not here`)
    clearInterval(entry.timer)
    this._write('message.new', entry.message)
  }
}

/* ---- as a program --------------------------------------------------------------------------- */

function print (event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + '\n')
}

function printEvents (client) {
  for (const event of ['connected', 'disconnected', 'authenticated']) {
    client.on(event, () => print(event))
  }
  client.on('session.update', update => print('session.update', { update }))
  client.on('message', message => print('message', { message }))
  client.on('client.connect', uuid => print('client.connect', { uuid }))
  client.on('client.disconnect', uuid => print('client.disconnect', { uuid }))
}

function printState (client) {
  print('state', {
    uuid: client.uuid,
    connected: client.connected,
    unconfirmed: client.unconfirmed.length,
    clients: [...client.clients.values()]
  })
}

function obey (client, host, port, command) {
  switch (command.do) {
    case 'connect': return client.connect(host, port)
    case 'disconnect': return client.disconnect()
    case 'session': return client.updateSession(command.session)
    case 'send': return client.sendMessage(command.to, command.payload)
    case 'state': return printState(client)
    case 'quit': return process.exit(0)
    default: throw new Error(`cannot do ${JSON.stringify(command)}`)
  }
}

function main ([host, portText, ...rest]) {
  const port = Number(portText)
  if (!host || !Number.isInteger(port) || port < 1 || port > 65535 || rest.length > 0) {
    process.stderr.write('usage: node client.js HOST PORT\n')
    process.exit(2)
  }
  const client = new Client()
  printEvents(client)
  print('start', { uuid: client.uuid })
  const lines = require('readline').createInterface({ input: process.stdin })
  lines.on('line', line => obey(client, host, port, JSON.parse(line)))
  lines.on('close', () => process.exit(0))
}

module.exports = { Client, RESEND_MS }
if (require.main === module) main(process.argv.slice(2))
