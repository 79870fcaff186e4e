// A server that is e-pigeon enough for test/cases, and wrong in one way when it is told so: what the suite's
// own tests run the suite against.
// usage: node fake.js PORT [FAULT]
const net = require('net')

// Three faults are those of a server that does nothing at all: silent, closes, echo.
const [port, fault] = [Number(process.argv[2]), process.argv[3] || '']
const is = (name) => fault === name
const clients = new Map() // client id -> {socket, version, instance, mailbox: [], next, session, expect}

const envelope = (text) => JSON.stringify({ type: '_message_', data: text })

function write(socket, object, form) {
  let text = typeof object === 'string' ? object : JSON.stringify(object)
  let bare = form === undefined ? socket.version === 2 : form === 'bare'
  if (is('wrong-form') && object.action !== 'auth') bare = !bare
  socket.write((bare ? text : envelope(text)) + '\f')
}

// The raw JSON of a member of the message's payload, so that bytes stay as they are.
const raw = (text, name) => {
  const at = text.indexOf(`"${name}":`, text.indexOf('"payload":{') + 10)
  if (at < 0) return undefined
  let depth = 0, inString = false, i = at + name.length + 3
  const from = i
  for (; ; i++) {
    const c = text[i]
    if (inString) { if (c === '\\') i++; else if (c === '"') inString = false } else if (c === '"') inString = true
    else if (c === '{' || c === '[') depth++
    else if ((c === '}' || c === ']') && depth-- === 0) break
    else if (c === ',' && depth === 0) break
  }
  return text.slice(from, i)
}

function deliver(to, item) {
  const me = clients.get(to)
  item.id = me.next++
  if (is('skipped-id') && item.id > 0) item.id = me.next++
  me.mailbox.push(item)
  if (me.socket) writeItem(me, item)
  if (is('written-twice') && me.socket) writeItem(me, item)
}

function writeItem(me, item) {
  const from = is('forged-from') ? 'eve' : item.from
  const to = is('respelled-to') ? item.to.replace(/"/, '"\\u0061').replace('a', '') : item.to
  const payload = is('altered-payload') ? JSON.stringify(JSON.parse(item.payload)) : item.payload
  const more = is('more-members') ? ',"color":"red"' : ''
  const fromId = is('wrong-from-id') ? item.fromId + 1 : item.fromId
  const tail = is('bad-utf8') ? Buffer.from([0xc0]).toString('latin1') : ''
  const text = `{"action":"message.new","payload":{"from":"${from}","to":${to},"id":${item.id},"uid":"${item.uid}","payload":${payload},"fromId":${fromId}${more}}}`
  if (is('not-json')) return me.socket.write(text.slice(0, -1) + '\f')
  if (is('bad-utf8')) return me.socket.write(Buffer.from(text.replace('{', '{"x":"' + tail + '",') + '\f', 'latin1'))
  write(me.socket, text)
}

function confirm(socket, payload, uid) {
  if (is('confirms-next') && socket.version === 2) payload++
  if (is('confirms-other')) payload = socket.version === 2 ? uid : 0
  if (!is('no-confirm')) write(socket, { action: 'message.confirm', payload })
  if (is('confirms-twice') && socket.version === 1) write(socket, { action: 'message.confirm', payload })
}

function onMessage(socket, text, p) {
  const me = clients.get(socket.id)
  const v2 = socket.version === 2
  if (v2 && p.id > me.expect) {
    if (!is('no-retry')) write(socket, { action: 'message.retry', payload: me.expect })
    return
  }
  if (v2 && p.id < me.expect) return confirm(socket, me.expect - 1)
  me.expect = p.id + 1
  confirm(socket, v2 ? p.id : p.uid, p.uid)
  if (typeof p.to !== 'string') return refuse(me, p)
  if (clients.has(p.to)) {
    deliver(p.to, { from: socket.id, to: raw(text, 'to'), uid: p.uid, payload: raw(text, 'payload'), fromId: p.id })
  }
}

function refuse(me, p) {
  const item = { id: me.next++, code: is('wrong-code') ? 'bad-session' : 'bad-to', reason: 'No.', of: p.id, uid: p.uid }
  write(me.socket, { action: 'error', payload: item })
}

function onAuth(socket, m) {
  const version = m.version >= 2 ? 2 : 1
  const known = clients.has(m.payload)
  if (!known) clients.set(m.payload, { mailbox: [], next: 0, session: {}, expect: 0 })
  const me = clients.get(m.payload)
  if (me.socket && me.socket !== socket) {
    if (me.socket.version === 2) write(me.socket, { action: 'error', payload: { code: 'replaced', reason: 'New.' } })
    if (!is('no-takeover')) me.socket.end()
  }
  const fresh = version === 2 && me.instance !== m.instance
  if (fresh) Object.assign(me, { instance: m.instance, expect: 0, next: me.mailbox.length })
  if (fresh) me.mailbox.forEach((item, i) => (item.id = i))
  if (version === 2 && m.epoch === 'e') me.mailbox = me.mailbox.filter((item) => item.id >= m.expect)
  me.socket = socket
  Object.assign(socket, { id: m.payload })
  if (is('list-first')) list(socket)
  const reply = { action: 'auth', payload: known }
  if (version === 2) Object.assign(reply, { version: 2, epoch: 'e', expect: me.expect + (is('expects-more') || (is('resumes-more') && !fresh) ? 3 : 0), window: 4096, limits: { frame: 33554432, depth: 256, session: 65536 } })
  if (is('member-in-v1') && version === 1) reply.hello = 1
  if (is('no-epoch')) delete reply.epoch
  write(socket, reply, is('bare-reply') ? 'bare' : 'enveloped')
  socket.version = version
  if (version === 1 && !is('no-list')) list(socket)
  me.mailbox.forEach((item) => writeItem(me, item))
  if (is('v2-to-v1') && version === 1) write(socket, { action: 'ping' })
}

const list = (socket) => write(socket, { action: 'clients.list', payload: [...clients].map(([uuid, c]) => ({ uuid, state: c.socket ? 'connected' : 'disconnected', session: c.session })) })

function onFrame(socket, bytes) {
  let m, text = bytes
  try {
    m = JSON.parse(text)
    if (m.action === undefined) m = JSON.parse((text = m.data))
  } catch (e) {
    if (socket.version !== 2 || is('malformed-goes-on')) return
    write(socket, { action: 'error', payload: { code: 'malformed', reason: 'Not JSON.' } })
    return socket.end()
  }
  if (m.action === 'auth') return onAuth(socket, m)
  if (!socket.id && is('early-pong') && m.action === 'ping') write(socket, { action: 'pong' }, 'enveloped')
  if (!socket.id && is('early-ping')) write(socket, { action: 'ping' }, 'enveloped')
  if (!socket.id) return
  const me = clients.get(socket.id)
  if (m.action === 'message.new') onMessage(socket, text, m.payload)
  if (m.action === 'ping' && !is('no-pong')) write(socket, { action: 'pong', payload: is('counts') ? [...clients.values()].filter((c) => c.socket).length : m.payload })
  if (m.action === 'clients.list') list(socket)
  if (m.action === 'message.confirm') me.mailbox = me.mailbox.filter((i) => (typeof m.payload === 'string' ? i.uid !== m.payload : i.id > m.payload))
}

net.createServer((socket) => {
  if (is('closes')) return socket.destroy()
  if (is('echo')) return socket.pipe(socket)
  let rest = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('close', () => { const me = clients.get(socket.id); if (me && me.socket === socket) me.socket = null })
  socket.on('data', (bytes) => {
    if (is('silent')) return
    if (is('dies') && bytes.includes('poison')) process.exit(1)
    rest = Buffer.concat([rest, bytes])
    for (let at; (at = rest.indexOf(12)) >= 0; rest = rest.subarray(at + 1)) onFrame(socket, rest.subarray(0, at).toString())
    if (is('whole-segments')) rest = Buffer.alloc(0)
  })
}).listen(port, '127.0.0.1')
