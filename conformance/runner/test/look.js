// What the tests of the suite look at in its reports.
// usage: node look.js verdict FILE RUN     prints VERDICT REQUIREMENT of a run in a JSON report
//        node look.js schema FILE SCHEMA   a JSON report is as its schema says
//        node look.js counts FILE          the counts of a report, whatever its format, as one line
//        node look.js closed FILE          every element of the XML or HTML is closed, in order
//        node look.js command FILE RUN     the command that repeats a run
const fs = require('fs')
const [, , what, file, other] = process.argv
const text = fs.readFileSync(file, 'utf8')
const run = (id) => JSON.parse(text).runs.find((one) => one.id === id)

// The part of JSON Schema that the schema uses.
function check(value, schema, path) {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value
  if (schema.type && type !== schema.type && !(schema.type === 'number' && type === 'integer')) throw new Error(`${path} is ${type}`)
  if (schema.enum && !schema.enum.includes(value)) throw new Error(`${path} is ${value}`)
  if ('const' in schema && value !== schema.const) throw new Error(`${path} is ${value}`)
  if (type === 'array') value.forEach((item, i) => check(item, schema.items || {}, `${path}[${i}]`))
  if (type !== 'object') return
  for (const name of schema.required || []) if (!(name in value)) throw new Error(`${path}.${name} is missing`)
  for (const name in value) {
    const of = (schema.properties || {})[name] || schema.additionalProperties
    if (!of) throw new Error(`${path}.${name} is not in the schema`)
    check(value[name], of, `${path}.${name}`)
  }
}

// pass, bad, left out
function counts() {
  const count = (pattern) => (text.match(pattern) || []).length
  if (file.endsWith('.json')) {
    const of = JSON.parse(text).counts
    return [of.PASS, of.FAIL + of['NON-STRICT'] + of.INCONCLUSIVE + of.ERROR, of.SKIP + of.UNSUPPORTED]
  }
  if (file.endsWith('.tap')) {
    const left = count(/^ok .* # SKIP/gm)
    return [count(/^ok /gm) - left, count(/^not ok /gm), left]
  }
  if (file.endsWith('.xml')) {
    const bad = count(/<(failure|error) /g), left = count(/<skipped /g)
    return [count(/<testcase /g) - bad - left, bad, left]
  }
  if (file.endsWith('.html')) {
    const of = (names) => count(new RegExp(`<details class="(${names})"`, 'g'))
    return [of('PASS'), of('FAIL|NON-STRICT|INCONCLUSIVE|ERROR'), of('SKIP|UNSUPPORTED')]
  }
  const of = (names) => names.reduce((sum, name) => sum + Number((text.match(new RegExp(`^\\| ${name} \\| (\\d+)`, 'm')) || [0, 0])[1]), 0)
  return [of(['PASS']), of(['FAIL', 'NON-STRICT', 'INCONCLUSIVE', 'ERROR']), of(['SKIP', 'UNSUPPORTED'])]
}

function closed() {
  const open = []
  const alone = ['meta', '!doctype', '?xml']
  for (const [, end, name, rest] of text.matchAll(/<(\/?)([a-zA-Z0-9!?]+)([^<>]*)>/g)) {
    if (end) { if (open.pop() !== name) throw new Error('</' + name + '>') }
    else if (!rest.endsWith('/') && !alone.includes(name)) open.push(name)
  }
  if (open.length) throw new Error('<' + open + '>')
  const words = text.replace(/<style>[^]*<\/style>/, '').replace(/<[^<>]*>/g, '').replace(/&(amp|lt|gt|quot);/g, '')
  if (/[<&]/.test(words)) throw new Error('a bare character')
}

if (what === 'verdict') console.log(run(other).verdict, run(other).requirement || '-')
if (what === 'schema') check(JSON.parse(text), JSON.parse(fs.readFileSync(other, 'utf8')), 'result')
if (what === 'counts') console.log(counts().join(' '))
if (what === 'closed') closed()
if (what === 'command') console.log(run(other).command)
