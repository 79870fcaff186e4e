#!/usr/bin/env node
/*
 * Stands in for the client in C when peer.test.js is run with --against-node, so that part B can be
 * tested without it: the same options, the same output, made of client.js and what it lacks (order,
 * duplicates). Never used otherwise.
 */
'use strict'

const { parseArgs } = require('util')
const { Client } = require('./client.js')

const GAP_MS = 10000

/* What a fault of faulty.js may replace. */
const parts = { inOrder }

/* Calls deliver once for each message, in the order of ids; a gap is passed after GAP_MS. */
function inOrder (deliver) {
  const seen = new Set()
  const held = new Map()
  let expected = 0
  let timer = null
  const release = () => {
    for (; held.has(expected); expected++) {
      deliver(held.get(expected))
      held.delete(expected)
    }
    clearTimeout(timer)
    if (held.size > 0) timer = setTimeout(pass, GAP_MS)
  }
  const pass = () => {
    expected = Math.min(...held.keys())
    release()
  }
  return message => {
    if (seen.has(message.uid)) return
    seen.add(message.uid)
    if (message.id < expected) return deliver(message)
    held.set(message.id, message)
    release()
  }
}

const print = line => process.stdout.write(JSON.stringify(line) + '\n')

function send (client, { to, 'to-match': selector }, message) {
  client.sendMessage(selector ? JSON.parse(selector) : to, JSON.parse(message))
  setInterval(() => { if (client.unconfirmed.length === 0) process.exit(0) }, 5)
}

function listen (client, { session }) {
  client.updateSession(JSON.parse(session))
  client.on('message', parts.inOrder(message => print({ event: 'message', ...message })))
}

function who (client) {
  client.on('frame', (way, text) => {
    if (way === 'out' || JSON.parse(text).action !== 'clients.list') return
    print({ event: 'clients.list', clients: JSON.parse(text).payload })
    process.exit(0)
  })
}

const OPTIONS = {
  server: { type: 'string' },
  to: { type: 'string' },
  'to-match': { type: 'string' },
  session: { type: 'string' },
  json: { type: 'boolean' },
  'json-payload': { type: 'boolean' }
}

function main (args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [command, word] = positionals
  const client = new Client()
  ;({ send, listen, who })[command](client, values, word)
  const [host, port] = values.server.split(':')
  client.connect(host, Number(port))
}

module.exports = { parts, main }
if (require.main === module) main(process.argv.slice(2))
