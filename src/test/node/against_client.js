/*
 * Part B of peer.test.js: the client in C against a server of 1.0.2 (server.js), which dies of
 * whatever it does not expect; so each test also asks that the server is still there at its end.
 * How the client is called and what it prints is in the table at the top of peer.test.js.
 */
'use strict'

const assert = require('assert/strict')
const { isDeepStrictEqual } = require('util')
const { HOST, sleep } = require('./harness.js')
const { innerOf } = require('./proxy.js')

const numbers = count => Array.from({ length: count }, (_, index) => index)

const tests = []
const test = (name, run, options = {}) => tests.push({ name, run, ...options })

async function server (t, port) {
  return t.stays(await t.nodeServer(port))
}

const at = port => `${HOST}:${port}`

function cli (t, args) {
  const [command, ...before] = t.settings.epigeon
  const child = t.start(command, [...before, ...args])
  child.messages = () => child.lines().map(t.settings.cli.messageIn).filter(Boolean)
  child.payloads = () => child.messages().map(({ payload }) => payload)
  return child
}

async function sends (t, port, to, payload) {
  const child = cli(t, t.settings.cli.send(at(port), to, JSON.stringify(payload)))
  const { code } = await t.ended(child, 8000)
  assert.equal(code, 0, `send ends with ${code}: ${child.err}`)
}

/* A listener whose session the client `witness` has been told; with its uuid. */
async function listener (t, port, witness, session) {
  const child = t.stays(cli(t, t.settings.cli.listen(at(port), JSON.stringify(session))))
  const isTold = ([event, update]) => event === 'session.update' &&
    update.uuid !== witness.uuid && isDeepStrictEqual(update.session, session)
  await t.until(() => `session of the listener (${child.err})`, () => witness.seen.some(isTold))
  child.uuid = witness.seen.find(isTold)[1].uuid
  return child
}

async function prints (t, child, count, limit_ms, quiet_ms = 60) {
  await t.until(() => `${count} messages printed, ${child.messages().length} are (${child.err})`,
    () => child.messages().length >= count, limit_ms)
  await sleep(quiet_ms)
  assert.equal(child.messages().length, count, 'each once')
}

test('send to a uuid: it arrives, the program ends with 0', async t => {
  const { port } = await server(t)
  const a = await t.client(port, { name: 'a' })
  await sends(t, port, a.uuid, 'text')
  await t.receives(a, 1)
  assert.deepEqual(a.got, ['text'])
  assert.deepEqual(Object.keys(a.messages[0]), ['from', 'to', 'id', 'uid', 'payload', 'fromId'])
  await t.until(() => 'client.disconnect', () => a.saw('client.disconnect') === 1)
})

test('send to {key:value}: everybody who matches gets it', async t => {
  const { port } = await server(t)
  const [a, b, c] = [await t.client(port, { g: 1 }), await t.client(port, { g: 1 }),
    await t.client(port, { g: '1' })]
  await sends(t, port, '{"g":1}', { hello: ['é', null] })
  for (const client of [a, b]) {
    await t.receives(client, 1)
    assert.deepEqual(client.got, [{ hello: ['é', null] }])
  }
  assert.deepEqual(c.got, [])
})

test('send: payloads arrive as they were given', async t => {
  const { port } = await server(t)
  const a = await t.client(port)
  const payloads = [null, 0, 1.5, true, '', 'é 😀\0\f\n"\\', '\ud800', [], {}, 'x'.repeat(100000)]
  for (const [index, payload] of payloads.entries()) {
    await sends(t, port, a.uuid, payload)
    await t.receives(a, index + 1)
  }
  assert.deepEqual(a.got, payloads)
})

test('send to a uuid that nobody has yet: it waits on the server', async t => {
  const { port } = await server(t)
  const late = t.newClient()
  await sends(t, port, late.uuid, 'early bird')
  late.connect(HOST, port)
  await t.receives(late, 1)
  assert.deepEqual(late.got, ['early bird'])
})

test('listen: 200 messages from two senders, in order, each once, each confirmed', async t => {
  const { port } = await server(t)
  const proxy = await t.proxy(port)
  const [a, b] = [await t.client(port), await t.client(port)]
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  await Promise.all([t.send(a, child.uuid, numbers(100), 16),
    t.send(b, { name: 'cli' }, numbers(100), 16)])
  await prints(t, child, 200)
  for (const sender of [a, b]) {
    const mine = child.messages().filter(({ from }) => from === sender.uuid)
    assert.deepEqual(mine.map(({ payload }) => payload), numbers(100))
  }
  const confirms = () => new Set(proxy.records.filter(({ dir, bytes }) =>
    dir === 'c2s' && bytes && bytes.includes('message.confirm')).map(r => innerOf(r).payload)).size
  await t.until(() => `200 confirms, ${confirms()} came`, () => confirms() === 200)
})

test('listen: a group of a listener and a client of 1.0.2', async t => {
  const { port } = await server(t)
  const a = await t.client(port, { g: 1 })
  const child = await listener(t, port, a, { g: 1 })
  a.sendMessage({ g: 1 }, 'both')
  await t.receives(a, 1)
  await prints(t, child, 1)
  assert.deepEqual([a.got, child.payloads()], [['both'], ['both']])
})

test('who: everybody that the server knows', async t => {
  const { port } = await server(t)
  const [a, b] = [await t.client(port, { name: 'a' }), await t.client(port, { name: 'b' })]
  await t.leave(b)
  const child = cli(t, t.settings.cli.who(at(port)))
  assert.equal((await t.ended(child)).code, 0, child.err)
  for (const client of [a, b]) assert.ok(child.out.includes(client.uuid), child.out)
})

/* A server of 1.0.2 reads `action` and `payload` only, and dies of an action it does not know. */
test('what the client writes is what a server of 1.0.2 can read', async t => {
  const { port } = await server(t)
  const proxy = await t.proxy(port)
  const a = await t.client(port)
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  a.sendMessage(child.uuid, 1)
  await prints(t, child, 1)
  await sends(t, proxy.port, child.uuid, 2)
  await prints(t, child, 2)
  const written = proxy.records.filter(({ dir, bytes }) => dir === 'c2s' && bytes)
  for (const conn of [1, 2]) {
    const [first, ...rest] = written.filter(record => record.conn === conn).map(innerOf)
    assert.deepEqual([first.action, typeof first.payload], ['auth', 'string'])
    assert.deepEqual(Object.keys(first).slice(0, 2), ['action', 'payload'])
    for (const inner of rest) {
      assert.match(inner.action, /^(clients\.list|session\.update|message\.(new|confirm))$/)
      assert.deepEqual(Object.keys(inner), ['action', 'payload'])
    }
    assert.equal(rest[0].action, 'session.update')
  }
  for (const record of written) {
    assert.deepEqual(Object.keys(JSON.parse(record.bytes.slice(0, -1))), ['type', 'data'])
  }
  const [sent] = written.map(innerOf).filter(({ action }) => action === 'message.new')
  assert.deepEqual(Object.keys(sent.payload), ['from', 'to', 'id', 'uid', 'payload'])
  assert.deepEqual([sent.payload.to, sent.payload.id, sent.payload.payload], [child.uuid, 0, 2])
})

test('send: without a confirm the same bytes go again after 2 s', async t => {
  const { port } = await server(t)
  let lost = 0
  const proxy = await t.proxy(port, { drop: ({ dir, bytes }) =>
    dir === 's2c' && bytes.includes('message.confirm') && lost++ === 0 })
  const a = await t.client(port)
  await sends(t, proxy.port, a.uuid, 'again')
  const news = proxy.records.filter(({ dir, bytes }) =>
    dir === 'c2s' && bytes && bytes.includes('message.new'))
  assert.equal(news.length, 2)
  assert.equal(news[0].bytes, news[1].bytes)
  const gap_ms = news[1].t_ms - news[0].t_ms
  assert.ok(gap_ms > 1500 && gap_ms < 3000, `${gap_ms} ms`)
  assert.deepEqual(a.got, ['again'])
})

test('listen: a message that the server sends again is confirmed again, not shown', async t => {
  const { port } = await server(t)
  let lost = 0
  const proxy = await t.proxy(port, { drop: ({ dir, bytes }) =>
    dir === 'c2s' && bytes.includes('message.confirm') && lost++ === 0 })
  const a = await t.client(port)
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  a.sendMessage(child.uuid, 'once')
  await t.until(() => 'second confirm', () => lost === 2)
  await prints(t, child, 1)
})

test('listen: a lost message holds back the later ones until it comes again', async t => {
  const { port } = await server(t)
  let lost = 0
  const proxy = await t.proxy(port, { drop: ({ dir, bytes }) =>
    dir === 's2c' && bytes.includes('message.new') && lost++ === 0 })
  const a = await t.client(port)
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  await t.send(a, child.uuid, numbers(5))
  await prints(t, child, 5)
  assert.deepEqual(child.payloads(), numbers(5))
})

test('listen: after a cut it comes back and gets what was sent meanwhile, in order', async t => {
  const { port } = await server(t)
  const proxy = await t.proxy(port)
  const a = await t.client(port)
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  a.sendMessage(child.uuid, 0)
  await prints(t, child, 1)
  proxy.cut()
  await t.until(() => 'client.disconnect', () => a.saw('client.disconnect') === 1)
  for (const index of [1, 2, 3, 4]) a.sendMessage(child.uuid, index)
  await prints(t, child, 5)
  assert.deepEqual(child.payloads(), numbers(5))
})

test('listen: a server that ends and starts anew, knowing nobody', async t => {
  const first = await server(t)
  const a = await t.client(first.port)
  const child = await listener(t, first.port, a, { name: 'cli' })
  await t.send(a, child.uuid, ['one', 'two'])
  await prints(t, child, 2)
  await t.kill(first)
  await server(t, first.port)
  const b = await t.client(first.port)
  b.sendMessage({ name: 'cli' }, 'three') // waits on the server until the listener is back
  await prints(t, child, 3)
  assert.deepEqual(child.payloads(), ['one', 'two', 'three'])
})

/* A server of 1.0.2 can skip an id for good; nothing may wait behind it for ever. */
test('listen: a gap that never closes is passed after a time', async t => {
  const { port } = await server(t)
  const proxy = await t.proxy(port, { drop: record => record.dir === 's2c' &&
    record.bytes.includes('message.new') && innerOf(record).payload.id === 1 })
  const a = await t.client(port)
  const child = await listener(t, proxy.port, a, { name: 'cli' })
  await t.send(a, child.uuid, numbers(4))
  await prints(t, child, 3, 15000)
  assert.deepEqual(child.payloads(), [0, 2, 3])
}, { limit_ms: 20000 })

module.exports = { tests }
