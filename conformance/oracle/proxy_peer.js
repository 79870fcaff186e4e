#!/usr/bin/env node
/*
 * Peers for proxy.sh that are no good programs of this protocol. Each prints one line, or the port
 * it listens on and then one line.
 *   liar              a server that confirms, in EP/2, one item more than it was given
 *   slow BYTES        a server that does not read for 3 seconds, then reads BYTES and answers "done"
 *   flood PORT BYTES  a client that writes BYTES of frames, ends, and waits for the answer
 *   dead PORT         a client that waits for its connection to be closed
 *   lines FILE        whether each line of FILE is JSON, and the last one is whole
 */
'use strict'

const fs = require('fs')
const net = require('net')

const FRAME_END = '\f'

function listen (onSocket) {
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    server.close()
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
}

function liar () {
  listen(socket => {
    const write = message => socket.write(JSON.stringify(message) + FRAME_END)
    let rest = ''
    socket.on('data', bytes => {
      const frames = (rest + bytes).split(FRAME_END)
      rest = frames.pop()
      for (const frame of frames) {
        const outer = JSON.parse(frame)
        const message = outer.action ? outer : JSON.parse(outer.data)
        if (message.action === 'auth') {
          write({
            type: '_message_',
            data: JSON.stringify({
              action: 'auth',
              payload: false,
              version: 2,
              epoch: 'e1',
              expect: 0,
              window: 16,
              limits: { frame: 33554432, depth: 256, session: 65536 }
            })
          })
        }
        if (message.action === 'message.new') write({ action: 'message.confirm', payload: message.payload.id + 1 })
      }
    })
    socket.on('end', () => socket.end())
  })
}

function slow (expected) {
  listen(socket => {
    let got = 0
    socket.pause()
    setTimeout(() => socket.resume(), 3000)
    socket.on('data', bytes => { got += bytes.length })
    socket.on('end', () => socket.end(got === expected ? 'done' : `${got} bytes instead of ${expected}`))
  })
}

function flood (port, total) {
  const frame = JSON.stringify({ action: 'ping', payload: 'x'.repeat(9979) }) + FRAME_END
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  let written = 0
  const more = () => {
    while (written < total) {
      written += frame.length
      if (!socket.write(frame)) return
    }
    socket.end()
  }
  socket.on('connect', more).on('drain', more)
  socket.on('data', bytes => { answer += bytes })
  socket.on('end', () => console.log(answer))
  socket.on('error', error => console.log(error.message))
}

function dead (port) {
  const socket = net.connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.on('close', () => console.log('closed'))
  socket.resume()
}

function lines (file) {
  const text = fs.readFileSync(file, 'utf8')
  const all = text.split('\n')
  const rest = all.pop()
  for (const line of all) JSON.parse(line)
  console.log(rest === '' && all.length > 0 ? 'whole' : `${all.length} lines, then: ${rest}`)
}

const [, , what, first, second] = process.argv
const peers = {
  liar,
  slow: () => slow(Number(first)),
  flood: () => flood(Number(first), Number(second)),
  dead: () => dead(Number(first)),
  lines: () => lines(first)
}
peers[what]()
