/*
 * A TCP proxy that writes down every frame that passes, for tests: what went each way on each
 * connection, when, and (by a rule of the test) dropped or not; it can cut a connection.
 * A record is {t_ms, dir, conn, bytes[, dropped]}, dir "c2s" or "s2c", bytes as text with the
 * final 0x0C; opening and closing are {t_ms, event, conn}. The form is that of captures/.
 */
'use strict'

const net = require('net')

const FRAME_END = 0x0c

class Proxy {
  /* drop(record) → true: the frame does not pass. Only then are frames held until complete. */
  constructor (targetPort, { drop = null } = {}) {
    this.targetPort = targetPort
    this.drop = drop
    this.records = []
    this.pairs = new Map() // conn → [client socket, server socket]
    this.begun = Date.now()
    this.count = 0
    this.server = net.createServer(socket => this._accept(socket))
  }

  async listen () {
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.port = this.server.address().port
    return this.port
  }

  close () {
    this.server.close()
    this.cut()
  }

  /* Cuts every connection that stands. */
  cut () {
    for (const pair of this.pairs.values()) for (const socket of pair) socket.destroy()
  }

  _note (record) {
    this.records.push({ t_ms: Date.now() - this.begun, ...record })
    return this.records[this.records.length - 1]
  }

  _accept (client) {
    const conn = ++this.count
    const server = net.connect(this.targetPort, '127.0.0.1')
    this.pairs.set(conn, [client, server])
    this._note({ event: 'open', conn })
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {})
    this._pass(conn, 'c2s', client, server)
    this._pass(conn, 's2c', server, client)
  }

  _pass (conn, dir, from, to) {
    let held = Buffer.alloc(0)
    from.on('data', chunk => {
      const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk
      const passed = []
      let start = 0
      for (let end; (end = bytes.indexOf(FRAME_END, start)) !== -1; start = end + 1) {
        const frame = bytes.subarray(start, end + 1)
        if (this._keep(conn, dir, frame)) passed.push(frame)
      }
      held = bytes.subarray(start)
      to.write(this.drop ? Buffer.concat(passed) : chunk)
    })
    from.on('close', () => {
      if (this.pairs.delete(conn)) this._note({ event: 'close', dir, conn })
      to.end() // what has come so far still leaves
    })
  }

  _keep (conn, dir, frame) {
    const record = this._note({ dir, conn, bytes: frame.toString() })
    if (this.drop && this.drop(record)) record.dropped = true
    return !record.dropped
  }
}

/* The inner object of a recorded frame, enveloped as 1.0.2 does it. */
function innerOf (record) {
  return JSON.parse(JSON.parse(record.bytes.slice(0, -1)).data)
}

module.exports = { Proxy, innerOf }
