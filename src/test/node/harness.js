/*
 * What the test programs of this directory share: a list of tests run one after the other, waits
 * that all end, child processes that never outlive the run, and recording clients.
 * A test is an async function of a context `t`; what it opens through `t` is closed behind it.
 * An exception anywhere in the process (a Client that 1.0.2 would have died of) fails the test.
 */
'use strict'

const { spawn } = require('child_process')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { Client } = require('./client.js')
const { Proxy } = require('./proxy.js')

const HOST = '127.0.0.1'
const WAIT_MS = 5000 // the time limit of one wait, unless told
const TEST_MS = 20000 // of one test
const RUN_MS = 240000 // of a whole run
const POLL_MS = 5

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/* ---- child processes ------------------------------------------------------------------------ */

const children = new Set()

function killAll () {
  for (const child of children) child.kill('SIGKILL')
}

process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

/* A child with its output collected; `ended` is a promise of {code, signal}. */
function start (command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  children.add(child)
  child.out = ''
  child.err = ''
  child.stdout.setEncoding('utf8').on('data', text => { child.out += text })
  child.stderr.setEncoding('utf8').on('data', text => { child.err += text })
  child.stdin.on('error', () => {})
  child.ended = new Promise(resolve => {
    const end = (code, signal) => {
      children.delete(child)
      resolve(child.result = { code, signal })
    }
    child.on('close', end).on('error', error => {
      child.err += error.message
      end(null, null)
    })
  })
  child.lines = () => child.out.split('\n').slice(0, -1)
  return child
}

/* ---- clients that write down what they see -------------------------------------------------- */

/* A Client with `seen` (events, in order), `got` (payloads), `messages` and `heard` (frames). */
function recordingClient (options) {
  const client = new Client(options)
  Object.assign(client, { seen: [], got: [], messages: [], heard: [] })
  for (const event of ['connected', 'disconnected', 'authenticated']) {
    client.on(event, () => client.seen.push([event]))
  }
  for (const event of ['session.update', 'client.connect', 'client.disconnect']) {
    client.on(event, what => client.seen.push([event, what]))
  }
  client.on('message', message => {
    client.seen.push(['message', message.uid])
    client.messages.push(message)
    client.got.push(message.payload)
  })
  client.on('frame', (way, text) => { if (way === 'in') client.heard.push(JSON.parse(text)) })
  client.saw = (event, test = () => true) =>
    client.seen.filter(([name, what]) => name === event && test(what)).length
  return client
}

/* The transport retries for ever, even after disconnect(); a test that is over must not. */
function abandon (client) {
  const emitter = client.transport._emitter
  client.disconnect()
  client.connected = false
  if (emitter) emitter.connect = () => {}
}

/* A bare socket that speaks the frames of 1.0.2, for what no real client would say. */
function rawPeer (port) {
  const peer = { heard: [], closed: false, socket: net.connect(port, HOST) }
  let text = ''
  peer.socket.setEncoding('utf8').on('data', chunk => {
    const frames = (text + chunk).split('\f')
    text = frames.pop()
    for (const frame of frames) peer.heard.push(JSON.parse(JSON.parse(frame).data))
  })
  peer.socket.on('error', () => {}).on('close', () => { peer.closed = true })
  peer.say = (action, payload) => peer.sayText(JSON.stringify({ action, payload }))
  peer.sayText = data =>
    peer.socket.write(JSON.stringify({ type: '_message_', data }) + '\f')
  peer.heardOf = action => peer.heard.filter(frame => frame.action === action)
  return peer
}

/* ---- the context of a test ------------------------------------------------------------------ */

class Context {
  constructor (settings) {
    this.settings = settings
    this.cleanup = []
    this.staying = [] // children that must still run when the test is over
  }

  sleep (ms) { return sleep(ms) }

  /*
   * Waits until condition() holds; what it waited for, and how far it came, is in the failure.
   * Waits no longer where a process that should stay has died.
   */
  async until (what, condition, limit_ms = WAIT_MS) {
    const end = Date.now() + limit_ms
    while (!condition()) {
      if (this.stopped) throw new Error(`stopped while waiting for ${what()}`)
      this.verify()
      if (Date.now() > end) throw new Error(`after ${limit_ms} ms still no ${what()}`)
      await sleep(POLL_MS)
    }
  }

  start (command, args) {
    const child = start(command, args)
    this.cleanup.push(async () => { child.kill('SIGKILL'); await child.ended })
    return child
  }

  async ended (child, limit_ms = WAIT_MS) {
    await this.until(() => `end of the process (it said: ${child.err})`,
      () => child.result !== undefined, limit_ms)
    return child.result
  }

  async kill (child, signal = 'SIGKILL') {
    this.staying = this.staying.filter(other => other !== child)
    child.kill(signal)
    return this.ended(child)
  }

  newClient (options) {
    const client = recordingClient(options)
    this.cleanup.push(() => abandon(client))
    return client
  }

  /* A new client that is authenticated, and whose session everybody has been told. */
  async client (port, session = {}) {
    const client = this.newClient({ session })
    client.connect(HOST, port)
    await this.until(() => 'answer to auth and session.update', () =>
      client.saw('session.update', update => update.uuid === client.uuid) > 0)
    return client
  }

  /* The transport refuses connect() until it has seen its own close. */
  async leave (client) {
    client.disconnect()
    await this.until(() => 'disconnected',
      () => !client.connected && client.transport.state === null)
  }

  async confirmed (...clients) {
    for (const client of clients) {
      await this.until(() => `confirm of ${client.unconfirmed.length} messages`,
        () => client.unconfirmed.length === 0)
    }
  }

  /* Sends each payload, with at most `window` of them unconfirmed. */
  async send (client, to, payloads, window = Infinity) {
    for (const payload of payloads) {
      await this.until(() => 'room in the window', () => client.unconfirmed.length < window)
      client.sendMessage(to, payload)
    }
  }

  /* Exactly `count` messages: as many come, and after a while there are not more. */
  async receives (client, count, limit_ms = WAIT_MS, quiet_ms = 60) {
    await this.until(() => `${count} messages, ${client.got.length} came`,
      () => client.got.length >= count, limit_ms)
    await sleep(quiet_ms)
    if (client.got.length !== count) {
      throw new Error(`${client.got.length} messages came where ${count} were due`)
    }
  }

  raw (port) {
    const peer = rawPeer(port)
    this.cleanup.push(() => peer.socket.destroy())
    return peer
  }

  async proxy (port, options) {
    const proxy = new Proxy(port, options)
    await proxy.listen()
    this.cleanup.push(() => proxy.close())
    return proxy
  }

  directory () {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'epigeon-peer-'))
    this.cleanup.push(() => fs.rmSync(directory, { recursive: true, force: true }))
    return directory
  }

  /* A server of 1.0.2 in a process of its own. */
  async nodeServer (port = 0, [file, ...before] = ['server.js']) {
    const child = this.start(process.execPath,
      [path.join(__dirname, file), ...before, String(port)])
    await this.until(() => `listening Node server (${child.err})`, () => child.lines().length > 0)
    child.port = JSON.parse(child.lines()[0]).port
    return child
  }

  /* A client of 1.0.2 in a process of its own: tell() it what to do, look at its events(). */
  nodeClient (port) {
    const child = this.start(process.execPath,
      [path.join(__dirname, 'client.js'), HOST, String(port)])
    child.tell = command => child.stdin.write(JSON.stringify(command) + '\n')
    child.events = name =>
      child.lines().map(line => JSON.parse(line)).filter(({ event }) => event === name)
    return child
  }

  stays (child) {
    this.staying.push(child)
    return child
  }

  verify () {
    for (const child of this.staying) {
      if (!child.result) continue
      throw new Error(`a process died: ${JSON.stringify(child.result)} ${child.err}`)
    }
  }

  async close () {
    this.stopped = true
    while (this.cleanup.length > 0) await this.cleanup.pop()()
  }
}

/* ---- running -------------------------------------------------------------------------------- */

let abort = null // fails the test that runs; set while one does

process.on('uncaughtException', error => {
  if (abort) return abort(new Error(`thrown outside the test: ${error.stack}`))
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})

async function runOne (test, settings) {
  const t = new Context(settings)
  let timer = null
  const limit_ms = test.limit_ms || TEST_MS
  const over = new Promise((resolve, reject) => {
    abort = reject
    timer = setTimeout(() => reject(new Error(`not over after ${limit_ms} ms`)), limit_ms)
  })
  const body = test.run(t).then(() => t.verify())
  body.catch(() => {}) // if `over` came first, nobody else looks at it
  try {
    await Promise.race([body, over])
    return null
  } catch (error) {
    return error
  } finally {
    clearTimeout(timer)
    await t.close()
    abort = null
  }
}

/*
 * Runs tests [{name, run, limit_ms}] in order and ends the process: 0 if all passed, 1 if not,
 * 2 if there was nothing to run. The last line is "N passed, N failed".
 */
async function runAll (tests, settings = {}, leftOut = []) {
  let passed = 0
  const finish = () => {
    process.stdout.write(`${passed} passed, ${tests.length - passed} failed\n`)
    process.exit(tests.length === 0 ? 2 : passed < tests.length ? 1 : 0)
  }
  setTimeout(() => {
    process.stdout.write(`# not over after ${RUN_MS} ms: what has not run has failed\n`)
    finish()
  }, RUN_MS)
  for (const [index, test] of tests.entries()) {
    const begun = Date.now()
    const error = await runOne(test, settings)
    if (!error) passed++
    process.stdout.write(`${error ? 'not ok' : 'ok'} ${index + 1} - ${test.name} ` +
      `(${Date.now() - begun} ms)\n`)
    if (error) process.stdout.write(String(error.stack).replace(/^/gm, '    ') + '\n')
  }
  for (const { name, why } of leftOut) process.stdout.write(`# left out: ${name}: ${why}\n`)
  finish()
}

module.exports = { HOST, runAll, sleep }
