// Plays a conversation to the server core compiled to WebAssembly and checks its answers.
'use strict'
const fs = require('fs')

const { exports: core } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(process.argv[2])))
let passed = 0
let failed = 0

function say (text) {
  const bytes = Buffer.from(text + '\f')
  new Uint8Array(core.memory.buffer, core.input(), bytes.length).set(bytes)
  const written = core.say(bytes.length)
  return Buffer.from(core.memory.buffer, core.output(), written).toString()
}

function check (what, got, expected) {
  const ok = got === expected
  if (ok) passed++
  else failed++
  if (!ok) console.error(`${what}: got ${JSON.stringify(got)}`)
}

const joined = say('{"action":"auth","payload":"page","version":2,"instance":"i","expect":0}')
check('join', JSON.parse(JSON.parse(joined.slice(0, -1)).data).version, 2)
check('message', say('{"action":"message.new","payload":{"to":{},"id":0,"uid":"u","payload":[1.50]}}'),
  '{"action":"message.confirm","payload":0}\f' +
  '{"action":"message.new","payload":{"from":"page","to":{},"id":0,"uid":"u","payload":[1.50],"fromId":0}}\f')
check('ping', say('{"action":"ping","payload":"\u00fc"}'), '{"action":"pong","payload":"\u00fc"}\f')
check('malformed', say('{"action":ping}'),
  '{"action":"error","payload":{"code":"malformed","reason":"The frame is not JSON text in UTF-8."}}\f')
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
