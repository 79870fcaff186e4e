#!/usr/bin/env node
/*
 * The programs of this project against peers of e-pigeon 1.0.2, in both directions:
 *   part A (--only server)  clients of 1.0.2 against $EPIGEOND    against_server.js, _restart.js
 *   part B (--only client)  $EPIGEON against a server of 1.0.2    against_client.js
 * Other options: --test REGEX, --list. Once before: npm ci. The last line counts.
 * A test of these tests: --against-node (server.js and standin.js take the place of the programs),
 * with --fault NAME (of faulty.js) or --beyond (only what 1.0.2 cannot do); see canary.test.js.
 */
'use strict'

/* ---- how the programs are called: the only place that knows --------------------------------- */

const DAEMON = {
  args: ({ port, data }) => ['--listen', `127.0.0.1:${port}`,
    ...(data ? ['--data', data] : ['--store', 'memory'])],
  port: stderr => (/listening on 127\.0\.0\.1:(\d+)/.exec(stderr) || [])[1]
}

const CLI = {
  send: (server, to, payload) => ['send', '--server', server,
    to.startsWith('{') ? '--to-match' : '--to', to, '--json-payload', payload],
  listen: (server, session) => ['listen', '--server', server, '--session', session, '--json'],
  who: server => ['who', '--server', server, '--json'],
  /* A line of listen: the message it shows, as {from, to, …, payload}, or null. */
  messageIn: line => {
    const { event, ...message } = JSON.parse(line)
    return event === 'message' ? message : null
  }
}

/* --------------------------------------------------------------------------------------------- */

const path = require('path')
const { parseArgs } = require('util')
const { runAll } = require('./harness.js')

const PARTS = {
  server: [...require('./against_server.js').tests, ...require('./against_restart.js').tests],
  client: require('./against_client.js').tests
}

/* Starts epigeond; its port is where it says it listens. */
async function openDaemon (t, { port = 0, data = null } = {}) {
  const child = t.stays(t.start(t.settings.epigeond, DAEMON.args({ port, data })))
  await t.until(() => `line that tells the port (${child.err})`, () => DAEMON.port(child.err))
  return { child, port: Number(DAEMON.port(child.err)) }
}

/* Starts a server of 1.0.2 in its place, or one with a fault. */
async function openNode (t, { port = 0 } = {}) {
  const program = t.settings.fault ? ['faulty.js', t.settings.fault] : ['server.js']
  const child = t.stays(await t.nodeServer(port, program))
  return { child, port: child.port }
}

function usage (text) {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}

function options () {
  const { values } = parseArgs({ options: {
    only: { type: 'string' },
    test: { type: 'string', default: '' },
    fault: { type: 'string' },
    beyond: { type: 'boolean', default: false },
    'against-node': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false }
  } })
  if (values.only && !PARTS[values.only]) usage('--only server, or --only client')
  const spoilt = values.fault || values.beyond
  if (spoilt && !values['against-node']) usage('--fault and --beyond go with --against-node')
  return { ...values, parts: values.only ? [values.only] : Object.keys(PARTS) }
}

function settingsOf ({ parts, fault, againstNode }) {
  if (againstNode) {
    const standin = fault ? ['faulty.js', fault] : ['standin.js']
    return { againstNode, fault, openServer: openNode, cli: CLI,
      epigeon: [process.execPath, path.join(__dirname, standin[0]), ...standin.slice(1)] }
  }
  const { EPIGEOND, EPIGEON } = process.env
  if (parts.includes('server') && !EPIGEOND) usage('EPIGEOND must name the server')
  if (parts.includes('client') && !EPIGEON) usage('EPIGEON must name the client')
  return { openServer: openDaemon, epigeond: EPIGEOND, epigeon: [EPIGEON], cli: CLI }
}

function main () {
  const { parts, test: pattern, list, beyond, 'against-node': againstNode, ...rest } = options()
  const chosen = parts.flatMap(part => PARTS[part].map(test =>
    ({ ...test, name: `${part}: ${test.name}` })))
    .filter(({ name }) => new RegExp(pattern).test(name))
    .filter(test => !beyond || test.beyond)
  if (list) return process.stdout.write(chosen.map(({ name }) => `${name}\n`).join(''))
  const leftOut = chosen.filter(test => againstNode && !beyond && test.beyond)
  runAll(chosen.filter(test => !leftOut.includes(test)),
    settingsOf({ parts, againstNode, ...rest }),
    leftOut.map(({ name, beyond: why }) => ({ name, why })))
}

main()
