// A client that is e-pigeon enough for test/client-rules, with its adapter, and wrong in one way when it is told so.
// Three of its faults are those of an adapter that does nothing at all: says-ok, says-nothing, ends.
// usage: node fake-client.js HOST PORT VERSION [FAULT]
const net = require('net')

const [host, port, version, fault] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5] || '']
const is = (name) => fault === name
if (is('ends')) process.exit(0)
const say = (...words) => process.stdout.write(words.join('\t') + '\n')
let epoch, expect = 0

function connect() {
  let speaks = 0, rest = ''
  const socket = net.connect(port, host)
  const write = (message) => socket.write((speaks === 2 ? JSON.stringify(message) : JSON.stringify({ type: '_message_', data: JSON.stringify(message) })) + '\f')
  const request = { action: 'auth', payload: 'fake' }
  if (version === 2) Object.assign(request, { version: 2, instance: 'i', epoch, expect: is('expects-more') ? expect + 3 : expect })
  socket.setNoDelay(true)
  socket.on('connect', () => {
    if (is('session-first')) write({ action: 'session.update', payload: {} })
    write(request)
  })
  socket.on('error', () => {})
  socket.on('close', () => setTimeout(connect, 20))
  socket.on('data', (bytes) => {
    rest += bytes
    for (let at; (at = rest.indexOf('\f')) >= 0; rest = rest.slice(at + 1)) {
      const frame = JSON.parse(rest.slice(0, at))
      take(frame.action ? frame : JSON.parse(frame.data))
    }
  })

  function take({ action, payload, ...more }) {
    if (action === 'auth') {
      speaks = more.version === 2 ? 2 : 1
      if (more.epoch !== epoch) expect = 0
      epoch = more.epoch
    }
    if (action !== 'message.new') return
    say('message', payload.from, JSON.stringify(payload.payload))
    expect = payload.id + 1
    const right = speaks === 2 ? payload.id : payload.uid
    const other = speaks === 2 ? payload.uid : payload.id
    write({ action: 'message.confirm', payload: is('confirms-next') ? payload.id + 1 : is('confirms-other') ? other : right })
    if (is('confirms-twice')) write({ action: 'message.confirm', payload: right })
  }
}

let lines = ''
process.stdin.on('data', (bytes) => {
  lines += bytes
  for (let at; (at = lines.indexOf('\n')) >= 0; lines = lines.slice(at + 1)) {
    if (is('says-ok')) say('ok')
    else if (lines.startsWith('connect') && !is('says-nothing')) connect()
  }
})
process.stdin.on('end', () => process.exit(0))
