#!/usr/bin/env node
/*
 * Can the tests of peer.test.js fail? Each fault of faulty.js must make the tests fail that claim
 * to see it, and each test that asks more than 1.0.2 can do must fail against 1.0.2 (server.js).
 * Where 1.0.2 fails only by bad luck (`by chance`), nothing is asked.
 */
'use strict'

const path = require('path')
const { runAll } = require('./harness.js')
const { serverFaults, clientFaults } = require('./faulty.js')

const AT_ONCE = 4
const PEER = path.join(__dirname, 'peer.test.js')

/* Starts of the names of tests that 1.0.2 may pass: its fault needs a frame cut in two, or load. */
const BY_CHANCE = ['a sender whose', 'a receiver whose', '2,000', 'a payload of 16 MiB']

const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

async function output (t, args) {
  const child = t.start(process.execPath, [PEER, '--against-node', ...args])
  const { code } = await t.ended(child, 60000)
  return { code, out: child.out + child.err }
}

/* The tests run and fail; returns what the first said. */
async function mustFail (t, args) {
  const { code, out } = await output(t, args)
  if (code !== 1 || !/^not ok /m.test(out) || !/^\d+ passed, [1-9]\d* failed$/m.test(out)) {
    throw new Error(`nothing failed (exit status ${code}):\n${out}`)
  }
  return /^not ok .*\n +(.*)/m.exec(out)[1]
}

function canaries (beyond) {
  const args = []
  for (const [part, faults] of [['server', serverFaults], ['client', clientFaults]]) {
    for (const [name, { seen }] of Object.entries(faults)) {
      args.push({ what: `fault "${name}" is seen by "${seen} …"`,
        args: ['--only', part, '--fault', name, '--test', `^${part}: ${escaped(seen)}`] })
    }
  }
  for (const name of beyond) {
    args.push({ what: `1.0.2 fails "${name}"`,
      args: ['--beyond', '--test', `^${escaped(name)}$`] })
  }
  return args
}

/* A few at a time, each as a test of its own. */
async function inGroups (t) {
  const { out } = await output(t, ['--beyond', '--list'])
  const beyond = out.trim().split('\n').filter(name =>
    !BY_CHANCE.some(start => name.startsWith(`server: ${start}`)))
  const waiting = canaries(beyond)
  const silent = []
  let count = 0
  const worker = async () => {
    for (let next; (next = waiting.shift());) {
      try {
        const reason = await mustFail(t, next.args)
        process.stdout.write(`# ${next.what}: ${reason}\n`)
        count++
      } catch (error) {
        silent.push(`${next.what}: ${error.message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  process.stdout.write(`# ${count} seen, ${silent.length} not\n`)
  if (silent.length > 0) throw new Error(silent.join('\n'))
}

runAll([{ name: 'every fault is seen', run: inGroups, limit_ms: 80000 }])
