/*
 * Part A of peer.test.js, continued: clients of 1.0.2 against a server that is killed, stopped and
 * started again. 1.0.2 keeps nothing over a restart, so all of this is beyond it.
 * The receiver of 1.0.2 does not look for duplicates, and its confirm can be lost with the server:
 * "each once" is asked where the receiver was away or at rest when the server was killed.
 */
'use strict'

const assert = require('assert/strict')
const { HOST, sleep } = require('./harness.js')
const { numbers, tagged, assertOrderOf } = require('./against_server.js')

const REST_MS = 300 // long enough for a confirm to be committed

const tests = []
const test = (name, run) =>
  tests.push({ name, run, beyond: '1.0.2 forgets everything when it ends', limit_ms: 30000 })

/* A server with a store that can be killed and started again on the same port. */
async function restartable (t, withStore = true) {
  const data = withStore ? t.directory() : null
  const first = await t.settings.openServer(t, { data })
  return {
    ...first,
    async restart (signal) {
      const ended = await t.kill(this.child, signal)
      Object.assign(this, await t.settings.openServer(t, { data, port: this.port }))
      return ended
    }
  }
}

async function authenticatedAgain (t, client, count) {
  await t.until(() => `auth number ${count}`, () => client.saw('authenticated') >= count)
  return client.heard.filter(({ action }) => action === 'auth').pop().payload
}

test('kill -9 with a store: what was confirmed and what was not sent yet comes, once', async t => {
  const server = await restartable(t)
  const a = await t.client(server.port, { name: 'a' })
  const b = await t.client(server.port, { name: 'b' })
  await t.send(a, b.uuid, tagged('before ', 5))
  await t.receives(b, 5)
  await sleep(REST_MS)
  await t.leave(b)
  await t.send(a, { name: 'b' }, tagged('m', 50))
  await t.confirmed(a)
  const restarted = server.restart()
  await t.until(() => 'disconnected', () => a.saw('disconnected') === 1)
  for (const index of numbers(50, 50)) a.sendMessage({ name: 'b' }, `m${index}`)
  await restarted
  assert.equal(await authenticatedAgain(t, a, 2), true, 'the server still knows the sender')
  await t.confirmed(a)
  b.connect(HOST, server.port)
  await t.receives(b, 105)
  assert.deepEqual(b.got, [...tagged('before ', 5), ...tagged('m', 100)])
  assert.deepEqual(b.messages.map(({ id }) => id), numbers(105))
  await sleep(REST_MS)
  await server.restart()
  assert.equal(await authenticatedAgain(t, b, 3), true)
  assert.equal(await authenticatedAgain(t, a, 3), true)
  a.sendMessage(b.uuid, 'last')
  await t.receives(b, 106, 5000, REST_MS)
})

test('kill -9 in full flow, receiver away: nothing lost, nothing twice', async t => {
  const server = await restartable(t)
  const a = await t.client(server.port, { name: 'a' })
  const b = await t.client(server.port, { name: 'b' })
  await t.leave(b)
  const sending = t.send(a, b.uuid, tagged('m', 1500), 100)
  for (const count of [300, 700, 1100]) {
    await t.until(() => `sending of ${count}, ${a.nextId} sent`, () => a.nextId >= count)
    await server.restart()
  }
  await sending
  await t.confirmed(a)
  b.connect(HOST, server.port)
  await t.receives(b, 1500, 10000, REST_MS)
  assert.deepEqual(b.got, tagged('m', 1500))
})

test('kill -9 in full flow, receiver there: nothing lost, first arrivals in order', async t => {
  const server = await restartable(t)
  const [a, b, c] = [await t.client(server.port), await t.client(server.port, { g: 1 }),
    await t.client(server.port, { g: 1 })]
  const sending = t.send(a, { g: 1 }, tagged('m', 1500), 100)
  for (const count of [300, 700, 1100]) {
    await t.until(() => `sending of ${count}, ${a.nextId} sent`, () => a.nextId >= count)
    await server.restart()
  }
  await sending
  for (const client of [b, c]) {
    await t.until(() => `all, ${client.got.length} came`,
      () => new Set(client.got).size === 1500, 10000)
    assertOrderOf([...new Set(client.got)], 'm', 1500)
  }
})

test('kill -9 with a store: what waits for a uuid or a session goes on waiting', async t => {
  const server = await restartable(t)
  const a = await t.client(server.port)
  const late = t.newClient()
  await t.send(a, late.uuid, tagged('u', 3))
  await t.send(a, { room: 'r' }, tagged('s', 3))
  await t.confirmed(a)
  await server.restart()
  late.connect(HOST, server.port)
  await t.receives(late, 3)
  late.updateSession({ room: 'r' })
  await t.receives(late, 6)
  assert.deepEqual(late.got, [...tagged('u', 3), ...tagged('s', 3)])
})

test('SIGTERM: exit status 0, and with a store nothing is lost', async t => {
  const server = await restartable(t)
  const a = await t.client(server.port)
  const b = await t.client(server.port, { name: 'b' })
  await t.leave(b)
  await t.send(a, b.uuid, tagged('m', 20))
  await t.confirmed(a)
  assert.deepEqual(await server.restart('SIGTERM'), { code: 0, signal: null })
  b.connect(HOST, server.port)
  await t.receives(b, 20)
  assert.deepEqual(b.got, tagged('m', 20))
})

/*
 * Without a store the server knows nobody after the restart. The client of 1.0.2 then counts from
 * 0, but a message that it wrote before the auth reply keeps coming every 2 s under its old id, 5.
 * It is as genuine as the new message that bears 5 too: each must arrive, and once.
 */
test('after auth false an old high id keeps coming: it and its namesake arrive, once', async t => {
  const server = await restartable(t, false)
  const a = await t.client(server.port, { name: 'a' })
  const b = await t.client(server.port, { name: 'b' })
  await t.send(a, b.uuid, tagged('old', 5))
  await t.receives(b, 5)
  await t.confirmed(a)
  a.once('connected', () => a.sendMessage(b.uuid, 'early')) // id 5, before auth
  await server.restart()
  assert.equal(await authenticatedAgain(t, a, 2), false)
  assert.equal(await authenticatedAgain(t, b, 2), false)
  await t.send(a, b.uuid, tagged('new', 5)) // ids 0 to 4
  await t.receives(b, 10, 1500)
  await t.until(() => 'early', () => b.got.includes('early'), 3000)
  await t.send(a, b.uuid, tagged('next', 2)) // ids 5 and 6
  await t.receives(b, 13, 3000, 2300) // one more round of the old one, which must not show
  await t.confirmed(a)
  assert.deepEqual(b.got,
    [...tagged('old', 5), ...tagged('new', 5), 'early', ...tagged('next', 2)])
  assert.equal(a.saw('disconnected'), 1)
})

module.exports = { tests }
