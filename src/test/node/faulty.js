#!/usr/bin/env node
/*
 * Peers with one fault each, so that canary.test.js can see the tests of peer.test.js fail.
 * `node faulty.js NAME PORT` is server.js, `node faulty.js NAME send …` is standin.js, spoilt.
 * Each fault names (`seen`: the start of a test's name) who must notice it.
 */
'use strict'

const { Client } = require('./client.js')
const { Server, run } = require('./server.js')
const standin = require('./standin.js')

const server = Server.prototype
const client = Client.prototype
const { _deliver, _route, _write, _onMessage, _matches, _broadcast, _list, _unpark } = server
const clientWrite = client._write

/* Replaces strings in what a message carries, however deep. */
function changeStrings (value, change) {
  return JSON.parse(JSON.stringify(value), (key, inner) =>
    typeof inner === 'string' ? change(inner) : inner)
}

function spoilPayload (change) {
  server._deliver = function (to, message) {
    _deliver.call(this, to, { ...message, payload: change(message.payload) })
  }
}

const spoilCopy = change => {
  server._write = function (socket, action, payload) {
    _write.call(this, socket, action, action === 'message.new' ? change(payload) : payload)
  }
}

const serverFaults = {
  loses: { seen: '2,000', spoil () {
    let count = 0
    server._deliver = function (to, message) { if (++count % 7) _deliver.call(this, to, message) }
  } },
  doubles: { seen: 'a message to a uuid', spoil () {
    server._deliver = function (to, message) {
      for (const copy of [message, message]) _deliver.call(this, to, copy)
    }
  } },
  swaps: { seen: '2,000', spoil () {
    let kept = null
    server._route = function (message) {
      if (!kept) return (kept = message)
      for (const each of [message, kept]) _route.call(this, each)
      kept = null
    }
  } },
  'orders differ': { seen: 'a group of five', spoil () {
    const kept = new Map()
    server._deliver = function (to, message) {
      if (to.session.index !== 3) return _deliver.call(this, to, message)
      if (!kept.has(to)) return kept.set(to, message)
      for (const each of [message, kept.get(to)]) _deliver.call(this, to, each)
      kept.delete(to)
    }
  } },
  'never confirms': { seen: 'a message to a uuid', spoil () {
    server._onMessage = function (from, message) {
      if (!this.routed.has(message.uid)) this._route(message)
      this.routed.add(message.uid)
    }
  } },
  'confirms late': { seen: 'the sender is among', spoil () {
    server._onMessage = function (from, message) {
      this._route(message)
      this._write(from.socket, 'message.confirm', message.uid)
    }
  } },
  'not to the sender': { seen: 'the sender is among', spoil () {
    server._onMessage = function (from, message) {
      this._matches = (to, selector) => to !== from && _matches.call(this, to, selector)
      _onMessage.call(this, from, message)
      delete this._matches
    }
  } },
  'loose types': { seen: 'a message to {key:value}', spoil () {
    server._matches = (to, selector) => typeof selector === 'string' ? to.uuid === selector
      : Object.keys(selector).some(key => String(to.session[key]) === String(selector[key]))
  } },
  'ids per sender': { seen: 'a message to a uuid', spoil () {
    spoilCopy(message => ({ ...message, id: message.fromId }))
  } },
  'members in another order': { seen: 'a message to a uuid', spoil () {
    spoilCopy(({ id, ...rest }) => ({ id, ...rest }))
  } },
  'forgets who was away': { seen: 'a client that is away', spoil () {
    server._deliver = function (to, message) { if (to.socket) _deliver.call(this, to, message) }
  } },
  'never parks': { seen: 'a message to a uuid that nobody has', spoil () {
    server._unpark = () => {}
  } },
  'parks for ever': { seen: 'a message that no session matches yet', spoil () {
    server._unpark = function (who) {
      const before = this.parked
      _unpark.call(this, who)
      this.parked = before
    }
  } },
  'knows everybody': { seen: 'a first client', spoil () {
    server._write = function (socket, action, payload) {
      _write.call(this, socket, action, action === 'auth' ? true : payload)
    }
  } },
  'knows nobody': { seen: 'a client that leaves', spoil () {
    server._write = function (socket, action, payload) {
      _write.call(this, socket, action, action === 'auth' ? false : payload)
    }
  } },
  'list backwards': { seen: 'a second client', spoil () {
    server._list = function () { return _list.call(this).reverse() }
  } },
  'no client.connect': { seen: 'a second client', spoil () {
    server._broadcast = function (action, ...rest) {
      if (action !== 'client.connect') _broadcast.call(this, action, ...rest)
    }
  } },
  'no client.disconnect': { seen: 'a client that leaves', spoil () {
    server._broadcast = function (action, ...rest) {
      if (action !== 'client.disconnect') _broadcast.call(this, action, ...rest)
    }
  } },
  'session not to its owner': { seen: 'a first client', spoil () {
    server._broadcast = function (action, payload, except) {
      const owner = action === 'session.update' ? this.clients.get(payload.uuid) : except
      _broadcast.call(this, action, payload, owner)
    }
  } },
  'session merged': { seen: 'session.update reaches', spoil () {
    server._broadcast = function (action, payload, except) {
      if (action === 'session.update') {
        const owner = this.clients.get(payload.uuid)
        owner.all = payload.session = { ...owner.all, ...payload.session }
      }
      _broadcast.call(this, action, payload, except)
    }
  } },
  'ends strings at NUL': { seen: 'payloads of every type', spoil () {
    spoilPayload(value => value && changeStrings(value, text => text.split('\0')[0]))
  } },
  'mends surrogates': { seen: 'payloads of every type', spoil () {
    spoilPayload(value => value && changeStrings(value, text => Buffer.from(text).toString()))
  } },
  'null for nothing': { seen: 'a payload that JSON leaves out', spoil () {
    spoilPayload(value => value === undefined ? null : value)
  } },
  'cuts what is long': { seen: 'a payload of 1 MiB', spoil () {
    spoilPayload(value => typeof value === 'string' ? value.slice(0, 1000000) : value)
  } },
  'dies of a confirm': { seen: 'a message.confirm of an unknown', spoil () {
    const { _onConfirm } = server
    server._onConfirm = function (who, uid) {
      if (!who.unconfirmed.some(({ message }) => message.uid === uid)) throw new Error('what?')
      _onConfirm.call(this, who, uid)
    }
  } },
  'deaf to retry': { seen: 'message.retry of an', spoil () { server._onRetry = () => {} } },
  'says more than 1.0.2': { seen: 'a message to a uuid', spoil () {
    server._deliver = function (to, message) {
      _deliver.call(this, to, message)
      if (to.socket) this._write(to.socket, 'ping', 1)
    }
  } }
}

const clientFaults = {
  'does not confirm': { seen: 'listen: 200', spoil () {
    client._onMessage = function (message) { this.emit('message', message) }
  } },
  'shows what comes': { seen: 'listen: a message that the server sends again', spoil () {
    standin.parts.inOrder = deliver => deliver
  } },
  'shows at once': { seen: 'listen: a lost message', spoil () {
    standin.parts.inOrder = deliver => {
      const seen = new Set()
      return message => { if (seen.size < seen.add(message.uid).size) deliver(message) }
    }
  } },
  'passes no gap': { seen: 'listen: a gap', spoil () {
    standin.parts.inOrder = deliver => {
      let expected = 0
      const held = new Map()
      return message => {
        held.set(message.id, message)
        for (; held.has(expected); expected++) deliver(held.get(expected))
      }
    }
  } },
  'sends once': { seen: 'send: without a confirm', spoil () {
    client._transmit = function (entry) { this._write('message.new', entry.message) }
  } },
  'asks for retry': { seen: 'what the client writes', spoil () {
    client._onMessage = function (message) {
      this._write('message.confirm', message.uid)
      this._write('message.retry', message.id + 1)
      this.emit('message', message)
    }
  } },
  'tells no session': { seen: 'listen: a group', spoil () {
    client._write = function (action, payload) {
      clientWrite.call(this, action, action === 'session.update' ? {} : payload)
    }
  } },
  'ends with the connection': { seen: 'listen: after a cut', spoil () {
    client._onDisconnected = () => process.exit(0)
  } },
  'says more than it should': { seen: 'what the client writes', spoil () {
    client._write = function (action, payload) {
      const members = action === 'message.new' ? { ...payload, extra: 1 } : payload
      clientWrite.call(this, action, members)
    }
  } },
  'payload in a string': { seen: 'send: payloads', spoil () {
    const { sendMessage } = client
    client.sendMessage = function (to, content) {
      return sendMessage.call(this, to, JSON.stringify(content))
    }
  } }
}

function main ([name, ...rest]) {
  const fault = serverFaults[name] || clientFaults[name]
  fault.spoil()
  if (serverFaults[name]) run(new Server(), Number(rest[0]))
  else standin.main(rest)
}

module.exports = { serverFaults, clientFaults }
if (require.main === module) main(process.argv.slice(2))
