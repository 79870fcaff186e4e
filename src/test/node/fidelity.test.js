#!/usr/bin/env node
/*
 * Are client.js and server.js what they claim to be? Each test plays the scenario of one capture
 * of the real 1.0.2 with them, through the recording proxy, and compares: each direction of each
 * connection must carry the same frames, byte for byte, once uuids are numbered in the order of
 * their appearance. How the streams interleave is left to the kernel; the times that 1.0.2 keeps
 * (resend 2000 ms, reconnect 500 ms) are compared apart. The tests after the captures hold what is
 * known of 1.0.2 without one: above all what it dies of.
 */
'use strict'

const assert = require('assert/strict')
const fs = require('fs')
const net = require('net')
const path = require('path')
const { HOST, runAll } = require('./harness.js')

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g

function capture (name) {
  const text = fs.readFileSync(path.join(__dirname, 'captures', `${name}.ndjson`), 'utf8')
  return text.trim().split('\n').map(line => JSON.parse(line))
}

/* {"1 c2s": [frame, …], …}: uuids as «1», «2» …, a frame that was dropped marked so. */
function streams (records) {
  const result = {}
  for (const record of records.filter(record => record.bytes !== undefined)) {
    const key = `${record.conn} ${record.dir}`
    const list = result[key] = result[key] || []
    list.push((record.dropped ? 'dropped ' : '') + record.bytes)
  }
  const names = new Map()
  const rename = uuid => {
    if (!names.has(uuid)) names.set(uuid, `«${names.size + 1}»`)
    return names.get(uuid)
  }
  for (const key of Object.keys(result).sort()) {
    result[key] = result[key].map(frame => frame.replace(UUID, rename))
  }
  return result
}

/* The gaps between the records that `pick` picks, in milliseconds. */
function gaps (records, pick) {
  const times = records.filter(pick).map(record => record.t_ms)
  return times.slice(1).map((time, index) => time - times[index])
}

function sameGaps (real, ours, pick, tolerance_ms) {
  const [expected, actual] = [gaps(real, pick), gaps(ours, pick)]
  assert.equal(actual.length, expected.length, 'as many gaps')
  for (const [index, gap] of actual.entries()) {
    assert.ok(Math.abs(gap - expected[index]) <= tolerance_ms,
      `a gap of ${gap} ms where 1.0.2 has ${expected[index]} ms`)
  }
}

async function setUp (t, options) {
  const server = await t.nodeServer()
  const proxy = await t.proxy(server.port, options)
  const join = async (session, pause_ms = 150) => {
    const client = t.newClient({ session })
    client.connect(HOST, proxy.port)
    await t.sleep(pause_ms)
    return client
  }
  return { server, proxy, join }
}

const scenarios = {
  async '01_connect_auth_two_clients' (t) {
    const { proxy, join } = await setUp(t)
    const a = await join({ name: 'a' }, 400)
    await join({ name: 'b' }, 400)
    a.updateSession({ room: 7 })
    await t.sleep(200)
    a.updateSession({ room: undefined })
    await t.sleep(200)
    a._write('clients.list', '')
    await t.sleep(200)
    await t.leave(a)
    await t.sleep(200)
    a.connect(HOST, proxy.port)
    await t.sleep(300)
    return proxy.records
  },

  async '02_reconnect_known_uuid' (t, real) {
    const { server, proxy, join } = await setUp(t)
    await t.client(server.port, { name: 'b' })
    const a = await join({ name: 'a' }, 400)
    a.sendMessage({ name: 'b' }, 'before cut')
    await t.sleep(200)
    proxy.cut()
    await t.sleep(50)
    a.sendMessage({ name: 'b' }, 'offline 1')
    a.sendMessage({ name: 'b' }, 'offline 2')
    await t.until(() => 'second connection', () => proxy.count === 2)
    await t.sleep(300)
    const edges = (record, index, all) => record.event === 'open' ? record.conn === 2
      : record.event === 'close' && all.findIndex(r => r.event === 'close') === index
    sameGaps(real, proxy.records, edges, 100)
    return proxy.records
  },

  async '04_message_to_uuid' (t) {
    const { proxy, join } = await setUp(t)
    const a = await join({ name: 'a' }, 200)
    const b = await join({ name: 'b' }, 300)
    a.sendMessage(b.uuid, { hello: 1 })
    await t.sleep(200)
    b.sendMessage(a.uuid, 'plain')
    await t.sleep(200)
    a.sendMessage(a.uuid, 3)
    await t.sleep(200)
    return proxy.records
  },

  async '05_group_one_key' (t) {
    const { proxy, join } = await setUp(t)
    const a = await join({ name: 'a' })
    const others = []
    for (const session of [{ name: 'b', g: 1 }, { name: 'c', g: 1 }, { name: 'd', g: '1' }]) {
      others.push(await join(session))
    }
    await t.sleep(150)
    a.sendMessage({ g: 1 }, 'one')
    await t.sleep(300)
    assert.deepEqual(others.map(client => client.got), [['one'], ['one'], []])
    return proxy.records
  },

  /* The first confirm on each leg is lost: both sides send again, once, after two seconds. */
  async '08_confirm_dropped_resend' (t, real) {
    const lost = new Set()
    const drop = ({ dir, bytes }) =>
      bytes.includes('message.confirm') && !lost.has(dir) && Boolean(lost.add(dir))
    const { proxy, join } = await setUp(t, { drop })
    const a = await join({ name: 'a' })
    const b = await join({ name: 'b' }, 300)
    a.sendMessage({ name: 'b' }, 'x')
    await t.sleep(4700)
    assert.deepEqual(b.messages.map(({ id, fromId }) => [id, fromId]), [[0, 0], [0, 0]])
    for (const way of ['c2s', 's2c']) {
      sameGaps(real, proxy.records,
        ({ dir, bytes }) => dir === way && bytes && bytes.includes('message.new'), 100)
    }
    return proxy.records
  },

  async '09_message_retry' (t) {
    const { server, proxy, join } = await setUp(t)
    const raw = t.raw(proxy.port)
    raw.say('auth', 'raw-r')
    raw.say('session.update', { n: 'r' })
    await t.until(() => 'answer to the raw peer', () => raw.heard.length === 3)
    const a = await join({ name: 'a' }, 300)
    a.sendMessage('raw-r', 'to raw, never confirmed')
    await t.sleep(300)
    raw.say('message.retry', 0)
    await t.sleep(4500)
    raw.say('message.retry', 99)
    assert.equal((await t.ended(server)).code, 1, 'the server dies')
    assert.match(server.err, /ReferenceError/)
    return proxy.records
  },

  async '10_payload_types' (t) {
    const { proxy, join } = await setUp(t)
    const a = await join({ name: 'a' })
    await join({ name: 'b' }, 300)
    const payloads = [undefined, null, 0, -0, 1.5, 1e21, NaN, Infinity, true, false, '',
      'é😀\0\f\n"\\', '\ud800', ' \udc00x', [], [undefined, null], {},
      { a: undefined, d: new Date(0) }, () => {}, Symbol('s'), new Map([[1, 2]]),
      Buffer.from('hi')]
    for (const payload of payloads) a.sendMessage({ name: 'b' }, payload)
    await t.sleep(500)
    return proxy.records
  }
}

const tests = Object.entries(scenarios).map(([name, play]) => ({
  name: `capture ${name}`,
  async run (t) {
    const real = capture(name)
    assert.deepEqual(streams(await play(t, real)), streams(real))
  }
}))

/* ---- what is known without a capture --------------------------------------------------------- */

const test = (name, run) => tests.push({ name, run })

/* What a raw peer does, and whether it has authenticated before. */
const serverDiesOf = {
  'an unknown action': [true, raw => raw.say('ping', 1)],
  'inner JSON that is none': [true, raw => raw.sayText('{"action":')],
  'message.new before auth': [false, raw => raw.say('message.new', { to: 'x', id: 0, uid: 'u' })],
  'the end of a connection without auth': [false, raw => raw.socket.destroy()]
}
for (const [what, [authenticated, act]] of Object.entries(serverDiesOf)) {
  test(`the server dies of ${what}`, async t => {
    const server = await t.nodeServer()
    const raw = t.raw(server.port)
    if (authenticated) raw.say('auth', 'raw')
    await t.sleep(100)
    assert.equal(server.result, undefined, 'it lives until then')
    act(raw)
    assert.equal((await t.ended(server)).code, 1)
  })
}

/* A server that only answers auth, with what `known` says, and then says what the test wants. */
async function dumbServer (t, known) {
  const dumb = { heard: [], sockets: [] }
  const server = net.createServer(socket => {
    dumb.sockets.push(socket)
    socket.on('error', () => {}).setEncoding('utf8').on('data', chunk => {
      for (const frame of chunk.split('\f').slice(0, -1)) {
        const inner = JSON.parse(JSON.parse(frame).data)
        dumb.heard.push(inner)
        if (inner.action === 'auth') dumb.say('auth', known(dumb.sockets.length))
      }
    })
  })
  dumb.say = (action, payload) => dumb.sockets[dumb.sockets.length - 1].write(
    JSON.stringify({ type: '_message_', data: JSON.stringify({ action, payload }) }) + '\f')
  t.cleanup.push(() => { server.close(); for (const socket of dumb.sockets) socket.destroy() })
  await new Promise(resolve => server.listen(0, HOST, resolve))
  dumb.port = server.address().port
  return dumb
}

for (const [action, payload] of [['ping', 1], ['error', {}], ['message.retry', 7]]) {
  test(`the client dies of ${action} ${JSON.stringify(payload)}`, async t => {
    const dumb = await dumbServer(t, () => false)
    const client = t.nodeClient(dumb.port)
    client.tell({ do: 'connect' })
    await t.until(() => 'authenticated', () => client.events('authenticated').length === 1)
    dumb.say(action, payload)
    assert.equal((await t.ended(client)).code, 1)
  })
}

const newsOf = dumb => dumb.heard.filter(({ action }) => action === 'message.new')
  .map(({ payload: { id, payload } }) => [id, payload])

test('an application that sends in `connected`: before auth, and again after it', async t => {
  const dumb = await dumbServer(t, () => false)
  const client = t.newClient()
  client.sendMessage('x', 'queued')
  client.on('connected', () => client.sendMessage('x', 'early'))
  client.connect(HOST, dumb.port)
  await t.until(() => 'five frames', () => dumb.heard.length === 5)
  assert.deepEqual(dumb.heard.map(({ action }) => action),
    ['message.new', 'auth', 'session.update', 'message.new', 'message.new'])
  assert.deepEqual(newsOf(dumb), [[1, 'early'], [0, 'queued'], [1, 'early']])
})

test('auth false after a connection before: all forgotten, but not what was written', async t => {
  const dumb = await dumbServer(t, () => false)
  const client = t.newClient()
  client.connect(HOST, dumb.port)
  await t.until(() => 'authenticated', () => client.saw('authenticated') === 1)
  for (const payload of ['a', 'b']) client.sendMessage('x', payload)
  await t.until(() => 'both', () => newsOf(dumb).length === 2)
  client.on('connected', () => client.sendMessage('x', 'early'))
  dumb.sockets[0].destroy()
  await t.until(() => 'second connection', () => client.saw('authenticated') === 2)
  client.sendMessage('x', 'new')
  await t.sleep(2200)
  assert.deepEqual(newsOf(dumb), [[0, 'a'], [1, 'b'], [2, 'early'], [0, 'new'],
    [2, 'early'], [0, 'new']])
})

/* A comparison that cannot fail proves nothing. */
tests.push({
  name: 'the comparison sees a frame that is missing, changed, moved or given to another',
  async run () {
    const real = capture('04_message_to_uuid')
    const frames = real.filter(record => record.bytes !== undefined)
    const last = frames[frames.length - 1]
    const spoilt = [
      frames.slice(0, -1),
      frames.map(record => ({ ...record, bytes: record.bytes.replace('plain', 'plane') })),
      [last, ...frames.slice(0, -1)],
      [...frames.slice(0, -1), { ...last, conn: 2 }]
    ]
    for (const records of spoilt) assert.notDeepEqual(streams(records), streams(real))
    assert.deepEqual(streams(frames), streams(real))
  }
})

runAll(tests)
