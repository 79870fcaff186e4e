/*
 * Part A of peer.test.js: clients of 1.0.2 against a server. Each test states what somebody who
 * runs 1.0.2 clients may rely on when epigeond takes the place of their server.
 * `beyond` names why the server of 1.0.2 itself would fail the test: that is what epigeond mends,
 * and with --against-node those tests are left out.
 */
'use strict'

const assert = require('assert/strict')
const { HOST, sleep } = require('./harness.js')

const numbers = (count, from = 0) => Array.from({ length: count }, (_, index) => from + index)
const tagged = (tag, count) => numbers(count).map(index => `${tag}${index}`)
const server = (t, options) => t.settings.openServer(t, options)

const tests = []
const test = (name, run, options = {}) => tests.push({ name, run, ...options })

async function twoClients (t, options) {
  const { port, child } = await server(t, options)
  const a = await t.client(port, { name: 'a' })
  const b = await t.client(port, { name: 'b' })
  return { port, child, a, b }
}

/* Each sender's payloads in `got` are in the order sent, none missing, none twice. */
function assertOrderOf (got, tag, count) {
  assert.deepEqual(got.filter(payload => payload.startsWith(tag)), tagged(tag, count))
}

const entry = (client, state, session) => ({ uuid: client.uuid, state, session })

/* ---- authentication, lists, presence -------------------------------------------------------- */

test('a first client: auth false, the list with itself in it, its session told', async t => {
  const { port } = await server(t)
  const a = await t.client(port, { name: 'a' })
  assert.deepEqual(a.heard, [
    { action: 'auth', payload: false },
    { action: 'clients.list', payload: [entry(a, 'connected', {})] },
    { action: 'session.update', payload: { uuid: a.uuid, connected: true, session: a.session } }
  ])
  assert.deepEqual(a.seen.map(([event]) => event),
    ['connected', 'authenticated', 'session.update'])
})

test('a second client: lists in order of first auth, client.connect to the first only', async t => {
  const { a, b } = await twoClients(t)
  assert.deepEqual(b.heard.slice(0, 2), [
    { action: 'auth', payload: false },
    { action: 'clients.list',
      payload: [entry(a, 'connected', { name: 'a' }), entry(b, 'connected', {})] }
  ])
  await t.until(() => 'list that a asks for', () => a.clients.has(b.uuid))
  assert.equal(a.saw('client.connect', uuid => uuid === b.uuid), 1)
  assert.equal(a.saw('session.update', update => update.uuid === b.uuid), 1)
  assert.equal(b.saw('client.connect'), 0)
})

test('a client that leaves and returns: presence, its state in the list, auth true', async t => {
  const { port, a, b } = await twoClients(t)
  await t.until(() => 'list that a asks for', () => a.clients.has(b.uuid))
  await t.leave(b)
  await t.until(() => 'client.disconnect', () =>
    a.saw('client.disconnect', uuid => uuid === b.uuid) === 1)
  a._write('clients.list', '')
  const expected = [entry(a, 'connected', { name: 'a' }), entry(b, 'disconnected', { name: 'b' })]
  await t.until(() => 'list with b away', () => a.heard.some(({ action, payload }) =>
    action === 'clients.list' && payload.some(({ state }) => state !== 'connected')))
  assert.deepEqual([...a.clients.values()], expected)
  b.heard.length = 0
  b.connect(HOST, port)
  await t.until(() => 'auth and list', () => b.heard.length >= 2)
  assert.deepEqual(b.heard[0], { action: 'auth', payload: true })
  assert.deepEqual(b.heard[1].payload, [expected[0], entry(b, 'connected', { name: 'b' })])
  await t.until(() => 'client.connect', () =>
    a.saw('client.connect', uuid => uuid === b.uuid) === 2)
})

test('session.update reaches every connected client, the originator too, as a whole', async t => {
  const { port, a, b } = await twoClients(t)
  const c = await t.client(port, { name: 'c' })
  const sessions = () => [a, b, c].map(client => client.seen.filter(([event, update]) =>
    event === 'session.update' && update.uuid === a.uuid).map(([, update]) => update))
  const before = sessions().map(list => list.length)
  a.updateSession({ room: 7 })
  a.updateSession({ room: undefined, deep: { list: [1, null, 'é'] } })
  await t.until(() => 'two updates at each', () =>
    sessions().every((list, index) => list.length === before[index] + 2))
  for (const list of sessions()) {
    assert.deepEqual(list.slice(-2), [{ name: 'a', room: 7 },
      { name: 'a', deep: { list: [1, null, 'é'] } }].map(session =>
      ({ uuid: a.uuid, connected: true, session })))
  }
})

test('101 clients at once: all are served, and a message reaches every one', async t => {
  const { port } = await server(t)
  const clients = numbers(101).map(index => t.newClient({ session: { crowd: true, index } }))
  for (const client of clients) client.connect(HOST, port)
  const inside = () => clients.filter(client => client.saw('authenticated') === 1).length
  await t.until(() => `101 authenticated, ${inside()} are`, () => inside() === 101, 15000)
  await t.until(() => '101 sessions at the first', () => new Set(clients[0].seen
    .filter(([event]) => event === 'session.update').map(([, update]) => update.uuid)).size === 101,
  15000)
  clients[50].sendMessage({ crowd: true }, 'all')
  for (const client of clients) {
    await t.until(() => 'message', () => client.got.length > 0, 10000)
  }
  await sleep(100)
  for (const client of clients) {
    assert.deepEqual(client.got, ['all'])
    assert.equal(client.saw('disconnected'), 0)
  }
}, { beyond: '1.0.2 closes the 101st connection', limit_ms: 40000 })

test('a connection that ends without auth harms nobody', async t => {
  const { port, a, b } = await twoClients(t)
  const raw = t.raw(port)
  await sleep(50)
  raw.socket.destroy()
  await sleep(50)
  a.sendMessage(b.uuid, 'still here')
  await t.receives(b, 1)
}, { beyond: '1.0.2 dies of it' })

/* ---- addressing ----------------------------------------------------------------------------- */

test('a message to a uuid: its members in order, ids per sender and per receiver', async t => {
  const { port, a, b } = await twoClients(t)
  const c = await t.client(port, { name: 'c' })
  await t.send(a, c.uuid, ['elsewhere'])
  await t.confirmed(a)
  const uids = [a.sendMessage(b.uuid, { hello: 1 })]
  await t.receives(b, 1)
  uids.push(c.sendMessage(b.uuid, 'plain'))
  await t.receives(b, 2)
  await t.confirmed(a, c)
  const common = { to: b.uuid }
  assert.deepEqual(b.messages, [
    { from: a.uuid, ...common, id: 0, uid: uids[0], payload: { hello: 1 }, fromId: 1 },
    { from: c.uuid, ...common, id: 1, uid: uids[1], payload: 'plain', fromId: 0 }
  ])
  for (const message of b.messages) {
    assert.deepEqual(Object.keys(message), ['from', 'to', 'id', 'uid', 'payload', 'fromId'])
  }
  assert.deepEqual([a.got, c.got], [[], ['elsewhere']])
})

test('a message to {key:value}: values compare with their type', async t => {
  const { port } = await server(t)
  const values = [1, '1', null, false, 0, '', true, 1.5, 'é']
  const clients = []
  for (const g of values) clients.push(await t.client(port, { g }))
  clients.push(await t.client(port, { g: [1] }), await t.client(port, { g: {} }))
  clients.push(await t.client(port, { other: 1 }))
  for (const g of values) await t.send(clients[0], { g }, [{ g }])
  await t.confirmed(clients[0])
  for (const [index, g] of values.entries()) {
    await t.receives(clients[index], 1)
    assert.deepEqual(clients[index].got, [{ g }])
  }
  for (const client of clients.slice(values.length)) assert.deepEqual(client.got, [])
})

test('a message that no session can match is confirmed and goes to nobody', async t => {
  const { a, b } = await twoClients(t)
  b.updateSession({ list: [1], deep: { x: 1 } })
  for (const to of [{ list: [1] }, { deep: { x: 1 } }]) a.sendMessage(to, 'nobody')
  await t.confirmed(a)
  a.sendMessage(b.uuid, 'after')
  await t.receives(b, 1)
  assert.deepEqual([a.got, b.got], [[], ['after']])
})

test('the sender is among the receivers when it matches; its confirm comes first', async t => {
  const { a, b } = await twoClients(t)
  const uid = a.sendMessage(a.uuid, 'to me')
  await t.receives(a, 1)
  const order = a.heard.filter(({ action }) => action.startsWith('message.'))
  assert.deepEqual(order.map(({ action }) => action), ['message.confirm', 'message.new'])
  assert.equal(order[0].payload, uid)
  a.updateSession({ g: 1 })
  b.updateSession({ g: 1 })
  await t.until(() => 'both sessions known', () => b.saw('session.update', u => u.session.g) === 2)
  a.sendMessage({ g: 1 }, 'to us')
  await t.receives(a, 2)
  await t.receives(b, 1)
  assert.deepEqual([a.got, b.got], [['to me', 'to us'], ['to us']])
})

test('several pairs in `to`: all of them must match', async t => {
  const { port } = await server(t)
  const both = await t.client(port, { a: 1, b: 2 })
  const one = await t.client(port, { a: 1 })
  const other = await t.client(port, { a: 2, b: 2 })
  one.sendMessage({ a: 1, b: 2 }, 'both')
  await t.receives(both, 1)
  await t.confirmed(one)
  assert.deepEqual([both.got, one.got, other.got], [['both'], [], []])
}, { beyond: '1.0.2 takes any one pair' })

test('a group of five: each gets each message once, and all in one order', async t => {
  const { port } = await server(t)
  const group = []
  for (const index of numbers(5)) group.push(await t.client(port, { team: 'x', index }))
  const outsider = await t.client(port, { team: 'y' })
  await Promise.all([t.send(group[0], { team: 'x' }, tagged('p', 40), 8),
    t.send(outsider, { team: 'x' }, tagged('q', 40), 8)])
  for (const client of group) await t.receives(client, 80)
  await t.confirmed(group[0], outsider)
  for (const client of group) {
    assert.deepEqual(client.got, group[0].got)
    assert.deepEqual(client.messages.map(({ id }) => id), numbers(80))
    assertOrderOf(client.got, 'p', 40)
    assertOrderOf(client.got, 'q', 40)
  }
  assert.deepEqual(outsider.got, [])
})

/* ---- away, waiting, order ------------------------------------------------------------------- */

test('a client that is away and returns gets what was sent to it, in order', async t => {
  const { port, a, b } = await twoClients(t)
  await t.send(a, b.uuid, ['before'])
  await t.receives(b, 1)
  await t.leave(b)
  for (const index of numbers(10)) {
    a.sendMessage(b.uuid, `uuid ${index}`)
    a.sendMessage({ name: 'b' }, `name ${index}`)
  }
  await t.confirmed(a)
  b.connect(HOST, port)
  await t.receives(b, 21)
  await t.send(a, b.uuid, ['after'])
  await t.receives(b, 22)
  const middle = numbers(10).flatMap(index => [`uuid ${index}`, `name ${index}`])
  assert.deepEqual(b.got, ['before', ...middle, 'after'])
  assert.deepEqual(b.messages.map(({ id }) => id), numbers(22))
})

test('what is sent while offline goes out after the return, in order, once', async t => {
  const { port, a, b } = await twoClients(t)
  await t.leave(a)
  for (const payload of tagged('m', 20)) a.sendMessage(b.uuid, payload)
  await sleep(50)
  assert.deepEqual(b.got, [])
  a.connect(HOST, port)
  await t.receives(b, 20)
  await t.confirmed(a)
  assert.deepEqual(b.got, tagged('m', 20))
})

test('a message to a uuid that nobody has yet waits for it', async t => {
  const { port, a } = await twoClients(t)
  const late = t.newClient({ session: { name: 'late' } })
  for (const payload of tagged('m', 5)) a.sendMessage(late.uuid, payload)
  await t.confirmed(a)
  late.connect(HOST, port)
  await t.receives(late, 5)
  assert.deepEqual(late.got, tagged('m', 5))
})

test('a message that no session matches yet waits for the first that does, only', async t => {
  const { port, a, b } = await twoClients(t)
  for (const payload of tagged('m', 5)) a.sendMessage({ room: 'r' }, payload)
  await t.confirmed(a)
  const late = await t.client(port, { name: 'late' })
  assert.deepEqual(late.got, [])
  late.updateSession({ room: 'r' })
  await t.receives(late, 5)
  b.updateSession({ room: 'r' })
  await sleep(100)
  assert.deepEqual([late.got, b.got], [tagged('m', 5), []])
})

async function twoSendersOneReceiver (t, window) {
  const { port, a, b } = await twoClients(t)
  const receiver = await t.client(port, { name: 'r' })
  await Promise.all([t.send(a, receiver.uuid, tagged('a', 1000), window),
    t.send(b, receiver.uuid, tagged('b', 1000), window)])
  await t.receives(receiver, 2000, 15000, 200)
  await t.confirmed(a, b)
  assertOrderOf(receiver.got, 'a', 1000)
  assertOrderOf(receiver.got, 'b', 1000)
  assert.deepEqual(receiver.messages.map(({ id }) => id), numbers(2000))
}

test('2,000 messages, two senders, one receiver, 32 in flight each: in order, each once', t =>
  twoSendersOneReceiver(t, 32))

test('2,000 messages, two senders, one receiver, all at once: in order, each once', t =>
  twoSendersOneReceiver(t, Infinity), { beyond: '1.0.2 repeats and reorders under such a burst' })

/* ---- payloads ------------------------------------------------------------------------------- */

test('payloads of every type arrive as JSON makes them', async t => {
  const { a, b } = await twoClients(t)
  const payloads = [null, 0, 1, -1, 1.5, 1e21, 5e-324, 2 ** 53, true, false, '', 'plain',
    'é 😀 日本', '\0', '\f', '\n\t\r\b"\\/', '\u2028\u2029', '\ud800', ' \udc00x', '\ud83d',
    [], {}, [[], [{}]], { '': 0, 'é\f"': [null] }, { action: 'auth', payload: '\f' },
    numbers(64).reduce(inner => [inner], 0)]
  for (const payload of payloads) a.sendMessage(b.uuid, payload)
  await t.receives(b, payloads.length)
  assert.deepEqual(b.got, payloads)
  const changed = [[-0, 0], [NaN, null], [Infinity, null], [new Date(0), new Date(0).toJSON()],
    [new Map([[1, 2]]), {}], [[undefined, () => {}], [null, null]], [{ gone: undefined }, {}]]
  for (const [sent] of changed) a.sendMessage(b.uuid, sent)
  await t.receives(b, payloads.length + changed.length)
  assert.deepEqual(b.got.slice(payloads.length), changed.map(([, received]) => received))
})

test('a payload that JSON leaves out stays out', async t => {
  const { a, b } = await twoClients(t)
  for (const payload of [undefined, () => {}, Symbol('s')]) a.sendMessage(b.uuid, payload)
  await t.receives(b, 3)
  for (const message of b.messages) {
    assert.deepEqual(Object.keys(message), ['from', 'to', 'id', 'uid', 'fromId'])
  }
})

test('the text of a payload is not touched: numbers, order, space, escapes', async t => {
  const { a, b } = await twoClients(t)
  const payload = '{ "b":1.0, "a":[1e2,-0 ,"\\u00e9\\/"] , "10":1,"9":12345678901234567890}'
  const texts = []
  b.on('frame', (way, text) => texts.push(text))
  a.transport.send(`{"action":"message.new","payload":{"from":"${a.uuid}","to":"${b.uuid}",` +
    `"id":0,"uid":"5f0c8a0e-7c1f-4b7e-9b51-0a4c1f9d2e11","payload":${payload}}}`)
  await t.receives(b, 1)
  assert.ok(texts.some(text => text.includes(`"payload":${payload}`)), texts.join('\n'))
}, { beyond: '1.0.2 parses and writes it anew' })

async function bigPayload (t, payload, limit_ms) {
  const { a, b } = await twoClients(t)
  a.sendMessage(b.uuid, payload)
  await t.until(() => 'big message', () => b.got.length > 0, limit_ms)
  await t.until(() => 'confirm', () => a.unconfirmed.length === 0, limit_ms)
  assert.ok(b.got[0] === payload, 'the payload is the one that was sent')
  a.sendMessage(b.uuid, 'after')
  await t.until(() => 'message after it', () => b.got.includes('after'), limit_ms)
  await sleep(200)
  assert.equal(b.got.length, 2, 'each once')
}

test('a payload of 1 MiB', t => bigPayload(t, '0123456789é😀\f"\n\0'.repeat(2 ** 16), 5000))

/* Plain: escapes cost the transport seconds, and the client of 1.0.2 sends again meanwhile. */
test('a payload of 16 MiB', t => bigPayload(t, '0123456789abcdef'.repeat(2 ** 20), 30000),
  { beyond: 'a server of 1.0.2 that needs more than 2 s for it drowns in copies', limit_ms: 40000 })

/* ---- what 1.0.2 clients do that a server must bear ------------------------------------------ */

test('an application that sends in its own `connected` handler, before auth', async t => {
  const { port, b } = await twoClients(t)
  const a = t.newClient({ session: { name: 'early' } })
  a.sendMessage(b.uuid, 'queued 1')
  a.sendMessage(b.uuid, 'queued 2')
  a.once('connected', () => {
    a.updateSession({ early: true })
    a.sendMessage(b.uuid, 'early')
  })
  a.connect(HOST, port)
  await t.receives(b, 3, 5000, 300)
  await t.confirmed(a)
  a.sendMessage(b.uuid, 'later')
  await t.receives(b, 4)
  assert.deepEqual(b.got, ['queued 1', 'queued 2', 'early', 'later'])
  assert.equal(a.saw('disconnected'), 0, 'the connection is kept')
  assert.equal(b.saw('session.update', ({ uuid }) => uuid === a.uuid), 1, 'nothing before auth')
}, { beyond: '1.0.2 dies of message.new before auth' })

test('a message.confirm of an unknown uid is ignored', async t => {
  const { a, b } = await twoClients(t)
  for (const uid of ['0b2f6f7e-93f7-4b39-8e53-7d3d2f0f6a55', '', 'no uuid']) {
    b._write('message.confirm', uid)
  }
  a.sendMessage(b.uuid, 'one')
  await t.receives(b, 1)
  b._write('message.confirm', b.messages[0].uid) // confirmed already
  a.sendMessage(b.uuid, 'two')
  await t.receives(b, 2)
  assert.deepEqual(b.got, ['one', 'two'])
  assert.equal(b.saw('disconnected'), 0)
})

test('message.retry of an unconfirmed id brings that message again', async t => {
  const { port, a } = await twoClients(t)
  const raw = t.raw(port)
  raw.say('auth', 'raw-r')
  await t.until(() => 'answer to auth', () => raw.heardOf('clients.list').length === 1)
  a.sendMessage('raw-r', 'one')
  a.sendMessage('raw-r', 'two')
  await t.until(() => 'both', () => raw.heardOf('message.new').length === 2)
  raw.say('message.retry', 1)
  await t.until(() => 'third', () => raw.heardOf('message.new').length === 3, 1500)
  assert.deepEqual(raw.heardOf('message.new')[2], raw.heardOf('message.new')[1])
})

test('what was written to a connection is not written to it again; it is to the next', async t => {
  const { port, a } = await twoClients(t)
  const first = t.raw(port)
  first.say('auth', 'raw-r')
  await t.until(() => 'answer to auth', () => first.heardOf('clients.list').length === 1)
  a.sendMessage('raw-r', 'one')
  a.sendMessage('raw-r', 'two')
  await sleep(2500)
  const payloads = first.heardOf('message.new').map(({ payload }) => payload.payload)
  assert.deepEqual(payloads, ['one', 'two'])
  first.say('message.retry', 99)
  first.socket.destroy()
  await t.until(() => 'client.disconnect', () => a.saw('client.disconnect') === 1)
  const second = t.raw(port)
  second.say('auth', 'raw-r')
  await t.until(() => 'both again', () => second.heardOf('message.new').length === 2)
  assert.deepEqual(second.heardOf('message.new'), first.heardOf('message.new'))
  assert.deepEqual(second.heard.slice(0, 4).map(({ action }) => action),
    ['auth', 'clients.list', 'message.new', 'message.new'])
}, { beyond: '1.0.2 resends every 2 s, and dies of message.retry for an unknown id' })

test('a sender whose connection is cut again and again: nothing lost, nothing twice', async t => {
  const { port } = await server(t)
  const proxy = await t.proxy(port)
  const a = await t.client(proxy.port, { name: 'a' })
  const b = await t.client(port, { name: 'b' })
  for (let from = 0; from < 600; from += 100) {
    const sending = t.send(a, b.uuid, tagged('m', 600).slice(from, from + 100), 100)
    await t.until(() => `message ${from + 50}, ${b.got.length} came`, () => b.got.length >= from + 50)
    if (from < 500) proxy.cut()
    await sending
    await t.confirmed(a)
  }
  await t.receives(b, 600, 10000, 200)
  await t.confirmed(a)
  assert.deepEqual(b.got, tagged('m', 600))
  assert.ok(proxy.count > 5, 'it was cut indeed')
}, { beyond: 'a frame cut in two spoils the buffer that all sockets of 1.0.2 share' })

test('a receiver whose connection is cut again and again: nothing lost, first arrivals in order',
  async t => {
    const { port } = await server(t)
    const proxy = await t.proxy(port)
    const a = await t.client(port, { name: 'a' })
    const b = await t.client(proxy.port, { name: 'b' })
    const sending = t.send(a, b.uuid, tagged('m', 600), 100)
    for (const count of [50, 150, 250, 350, 450]) {
      await t.until(() => `message ${count}, ${b.got.length} came`, () => b.got.length >= count)
      proxy.cut()
    }
    await sending
    await t.until(() => 'all', () => new Set(b.got).size === 600, 10000)
    assert.deepEqual([...new Set(b.got)], tagged('m', 600))
  }, { beyond: 'a frame cut in two spoils the buffer that all sockets of 1.0.2 share' })

test('a client in a process of its own lives through a conversation', async t => {
  const { port } = await server(t)
  const a = await t.client(port, { name: 'a' })
  const peer = t.stays(t.nodeClient(port))
  peer.tell({ do: 'session', session: { name: 'peer' } })
  peer.tell({ do: 'connect' })
  await t.until(() => 'authenticated', () => peer.events('authenticated').length === 1)
  const [{ uuid }] = peer.events('start')
  a.sendMessage(uuid, { to: 'you' })
  await t.until(() => 'message', () => peer.events('message').length === 1)
  peer.tell({ do: 'send', to: a.uuid, payload: peer.events('message')[0].message.payload })
  await t.receives(a, 1)
  assert.deepEqual(a.got, [{ to: 'you' }])
  peer.tell({ do: 'state' })
  await t.until(() => 'state', () => peer.events('state').length === 1)
  const [state] = peer.events('state')
  assert.deepEqual([state.unconfirmed, state.clients.length], [0, 2])
  peer.tell({ do: 'disconnect' })
  await t.until(() => 'client.disconnect', () => a.saw('client.disconnect') === 1)
})

module.exports = { tests, numbers, tagged, assertOrderOf }
