#!/usr/bin/env node
/*
 * A server that behaves on the wire as the one of e-pigeon 1.0.2 does, faults included, over the
 * transport that 1.0.2 uses. For tests only: a peer that the client in C must be able to live with.
 * As a module: class Server (the transport allows one a process). As a program: `node server.js
 * PORT` (0: any) prints {"event":"listening","port":N} and runs until stdin closes.
 * Where 1.0.2 throws, this throws, and the process dies: nothing here catches.
 */
'use strict'

const EventEmitter = require('events')
const net = require('net')
const { NetServerProxyNodeIpc } = require('@lug/netproxy-node-ipc')

const RESEND_MS = 2000

class Server extends EventEmitter {
  constructor () {
    super()
    this.clients = new Map() // uuid → client, in the order of their first auth
    this.parked = [] // messages that nobody matched yet, in order of arrival
    this.routed = new Set() // uid of each message taken: one sent again is confirmed, no more
    this.transport = new NetServerProxyNodeIpc()
    this.transport.ev.on('start', () => this.emit('listening'))
    this.transport.ev.on('socket.data', (socket, text) => this._onText(socket, text))
    this.transport.ev.on('socket.disconnect', socket => this._onClosed(socket))
  }

  serve (port) {
    this.transport.listen(port)
  }

  /* As the transport does it: no new connections; those that stand are left standing. */
  stop () {
    this.transport.stop()
  }

  _write (socket, action, payload) {
    this.transport.send(socket, JSON.stringify({ action, payload }))
  }

  _broadcast (action, payload, except) {
    for (const client of this.clients.values()) {
      if (client.socket && client !== except) this._write(client.socket, action, payload)
    }
  }

  _clientOf (socket) {
    for (const client of this.clients.values()) if (client.socket === socket) return client
    throw new TypeError('no client has authenticated on this socket')
  }

  _onText (socket, text) {
    const { action, payload } = JSON.parse(text)
    if (action === 'auth') return this._onAuth(socket, payload)
    if (action === 'clients.list') return this._write(socket, 'clients.list', this._list())
    const client = this._clientOf(socket)
    switch (action) {
      case 'session.update': return this._onSession(client, payload)
      case 'message.new': return this._onMessage(client, payload)
      case 'message.confirm': return this._onConfirm(client, payload)
      case 'message.retry': return this._onRetry(client, payload)
      default: throw new Error(`unknown action ${action}`)
    }
  }

  _list () {
    return [...this.clients.values()].map(({ uuid, socket, session }) =>
      ({ uuid, state: socket ? 'connected' : 'disconnected', session }))
  }

  _onAuth (socket, uuid) {
    const isKnown = this.clients.has(uuid)
    if (!isKnown) {
      this.clients.set(uuid, { uuid, socket: null, session: {}, nextId: 0, unconfirmed: [] })
    }
    const client = this.clients.get(uuid)
    client.socket = socket
    this._write(socket, 'auth', isKnown)
    this._write(socket, 'clients.list', this._list())
    for (const entry of client.unconfirmed) this._transmit(client, entry)
    this._broadcast('client.connect', uuid, client)
    this._unpark(client)
  }

  _onSession (client, session) {
    client.session = session
    this._broadcast('session.update', { uuid: client.uuid, connected: true, session })
    this._unpark(client)
  }

  /* Confirmed on receipt, before anything is done with it. */
  _onMessage (client, message) {
    this._write(client.socket, 'message.confirm', message.uid)
    if (this.routed.has(message.uid)) return
    this.routed.add(message.uid)
    this._route(message)
  }

  _route (message) {
    const known = [...this.clients.values()]
    const recipients = known.filter(client => this._matches(client, message.to))
    for (const client of recipients) this._deliver(client, message)
    if (recipients.length === 0) this.parked.push(message)
  }

  /* Any one key that matches is enough, whatever the README of 1.0.2 says. */
  _matches (client, to) {
    if (typeof to === 'string') return client.uuid === to
    return Object.keys(to).some(key => client.session[key] === to[key])
  }

  _deliver (client, message) {
    const copy = { ...message, id: client.nextId++, fromId: message.id }
    const entry = { message: copy, timer: null }
    client.unconfirmed.push(entry)
    if (client.socket) this._transmit(client, entry)
  }

  _unpark (client) {
    const waiting = this.parked.filter(message => this._matches(client, message.to))
    this.parked = this.parked.filter(message => !waiting.includes(message))
    for (const message of waiting) this._deliver(client, message)
  }

  _transmit (client, entry) {
    clearInterval(entry.timer)
    this._write(client.socket, 'message.new', entry.message)
    entry.timer = setInterval(() => this._write(client.socket, 'message.new', entry.message),
      RESEND_MS)
  }

  _onConfirm (client, uid) {
    const at = client.unconfirmed.findIndex(entry => entry.message.uid === uid)
    if (at === -1) return
    clearInterval(client.unconfirmed[at].timer)
    client.unconfirmed.splice(at, 1)
  }

  /* One more copy, and no further resend on this connection. */
  _onRetry (client, id) {
    const entry = client.unconfirmed.find(entry => entry.message.id === id)
    if (!entry) throw new ReferenceError(`message.retry for id ${id}, which is not here`)
    clearInterval(entry.timer)
    this._write(client.socket, 'message.new', entry.message)
  }

  _onClosed (socket) {
    const client = this._clientOf(socket)
    client.socket = null
    for (const entry of client.unconfirmed) clearInterval(entry.timer)
    this._broadcast('client.disconnect', client.uuid)
  }
}

/* ---- as a program --------------------------------------------------------------------------- */

/* The transport takes port 0 for its own default, so a free port is looked for here. */
function freePort (port, then) {
  if (port !== 0) return then(port)
  const probe = net.createServer().listen(0, '127.0.0.1', () => {
    const free = probe.address().port
    probe.close(() => then(free))
  })
}

function run (server, port) {
  process.stdin.on('close', () => process.exit(0)).resume()
  freePort(port, free => {
    server.on('listening', () => {
      process.stdout.write(JSON.stringify({ event: 'listening', port: free }) + '\n')
    })
    server.serve(free)
    server.transport._ipc.server.on('error', error => { // the transport itself tells nobody
      if (error.syscall !== 'listen') return
      process.stderr.write(`${error.message}\n`)
      process.exit(1)
    })
  })
}

function main ([portText, ...rest]) {
  const port = Number(portText)
  if (portText === undefined || !(port >= 0 && port <= 65535) || rest.length > 0) {
    process.stderr.write('usage: node server.js PORT\n')
    process.exit(2)
  }
  run(new Server(), port)
}

module.exports = { Server, RESEND_MS, run }
if (require.main === module) main(process.argv.slice(2))
