/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_REQUIREMENTS_H
#define EP_GEN_REQUIREMENTS_H

#define EP_REQUIREMENTS(X) \
    X("EP-SYS-1", MUST, "2",  \
        "A transport MUST NOT hand a frame of one connection to another connection.", 52) \
    X("EP-SYS-2", MUST, "2",  \
        "Both sides of a connection MUST know whether its transport is a stream or lossy.", 53) \
    X("EP-G1-1", MUST, "3",  \
        "The server MUST deliver the payload of a message as the same bytes of JSON text that" \
        " the sender wrote inside the message.", 84) \
    X("EP-G1-2", MUST, "3",  \
        "The server MUST write as `from` the client id that the sender's connection authentic" \
        "ated, whatever the sender wrote.", 85) \
    X("EP-G2-1", MUST, "3",  \
        "The server MUST put at most one copy of an item that it accepted into one mailbox.", 86) \
    X("EP-G4-1", MUST, "3",  \
        "The server MUST put messages into all mailboxes in one total order.", 87) \
    X("EP-G5-1", MUST, "3",  \
        "The server MUST NOT confirm a message before it is accepted and, where the server ha" \
        "s a store, stored.", 88) \
    X("EP-G5-2", MUST, "3",  \
        "The server MUST keep a copy in a mailbox until its recipient has confirmed it.", 89) \
    X("EP-G6-1", MUST, "3", "A sender MUST keep an item until it is confirmed or refused.", 90) \
    X("EP-G7-1", MUST, "3",  \
        "The server MUST NOT write a message to a client to which it is not addressed.", 91) \
    X("EP-G8-1", MUST, "3",  \
        "When faults stop, a server and EP/2 clients MUST deliver everything accepted within " \
        "the timer `heal`, if its recipients are connected or try to connect and confirm what" \
        " they get.", 92) \
    X("EP-FRAME-1", MUST, "4.5",  \
        "A sender MUST end each frame with the byte 0x0C and MUST NOT write that byte anywher" \
        "e else.", 225) \
    X("EP-FRAME-2", MUST, "4.5",  \
        "A receiver MUST accept a frame however its bytes are cut into segments, and any numb" \
        "er of frames in one segment.", 226) \
    X("EP-FRAME-3", MUST, "4.5",  \
        "A receiver MUST accept both the enveloped and the bare form of a frame at any time.", 227) \
    X("EP-FRAME-4", MUST, "4.5",  \
        "A peer MUST write the enveloped form until the auth reply has selected EP/2, an erro" \
        "r that refuses the auth request included, and for as long as the connection speaks E" \
        "P/1.", 228) \
    X("EP-FRAME-5", MUST, "4.5",  \
        "After an auth reply that selects EP/2 both peers MUST write the bare form, the reply" \
        " to a second auth request included.", 229) \
    X("EP-FRAME-6", SHOULD, "4.5",  \
        "A sender SHOULD write compact JSON, `type` before `data` and `action` first, as 1.0." \
        "2 does.", 230) \
    X("EP-JSON-1", MUST, "5",  \
        "A receiver MUST treat as malformed whatever the grammar does not accept: no byte ord" \
        "er mark, no comment, no trailing comma, no raw control character in a string, no num" \
        "ber like `01`, `1.` or `+1`, no ill-formed UTF-8.", 259) \
    X("EP-JSON-2", MUST, "5",  \
        "Where an object has several members of one name, a receiver MUST use the last one.", 260) \
    X("EP-JSON-3", MUST, "5", "A receiver MUST compare member names after undoing escapes.", 261) \
    X("EP-JSON-4", MUST, "5",  \
        "A receiver MUST accept `\\u` escapes of lone surrogates in a message and carry them " \
        "unchanged.", 262) \
    X("EP-JSON-5", MUST, "5",  \
        "An id MUST be written in decimal digits without sign, fraction, exponent or leading " \
        "zero, and is at most 9007199254740991.", 263) \
    X("EP-JSON-6", MUST, "5", "Members that this file does not name MUST be ignored.", 264) \
    X("EP-MSG-1", MUST, "6",  \
        "A message MUST be an object whose member `action` is a string.", 316) \
    X("EP-MSG-2", MUST, "6",  \
        "A client id MUST be a string of 1 to 128 bytes of printable ASCII (0x20 to 0x7E); a " \
        "random v4 UUID is the custom.", 317) \
    X("EP-MSG-3", MUST, "6",  \
        "A `uid` MUST be a string of 1 to 128 bytes of printable ASCII, chosen by the sender," \
        " never used for another message; a random v4 UUID is the custom.", 318) \
    X("EP-MSG-4", MUST, "6",  \
        "A peer MUST NOT write to an EP/1 peer any action or member that the following chapte" \
        "rs do not give to EP/1, the auth request and its reply apart.", 319) \
    X("EP-MSG-5", MUST, "6.5",  \
        "The server MUST NOT pass on members of a message that this section does not name.", 441) \
    X("EP-MSG-6", MUST, "6.5",  \
        "The server MUST write `to` and `uid` of a message as the sender spelled them.", 442) \
    X("EP-AUTH-1", MUST, "7.1",  \
        "A client MUST write an auth request as the first frame of every connection.", 559) \
    X("EP-AUTH-2", MUST, "7.1",  \
        "The server MUST take the sender of a usable auth request for the client it names, un" \
        "less a credential says otherwise.", 560) \
    X("EP-AUTH-3", MUST, "7.1",  \
        "The server MUST ignore, without confirming and without closing, every other message " \
        "that comes before the auth request.", 561) \
    X("EP-AUTH-4", MUST, "7.1",  \
        "A peer MUST close a connection that is not authenticated within the timer `auth`.", 562) \
    X("EP-AUTH-5", MUST, "7.1",  \
        "The server MUST answer an auth request that is not usable with the error `bad-auth`," \
        " if the connection speaks EP/2 or speaks nothing yet and its `version` is 2 or more," \
        " and close the connection.", 563) \
    X("EP-AUTH-6", MUST, "7.1",  \
        "The server MUST write, in this order, the auth reply; where EP/1 is spoken, or `pres" \
        "ence` was given, one `clients.list`; then every unconfirmed item of the down stream," \
        " in order.", 564) \
    X("EP-AUTH-7", MUST, "7.1",  \
        "The server MUST answer an auth request that it refuses with an error that says why, " \
        "if the connection speaks EP/2 or speaks nothing yet and the `version` is 2 or more, " \
        "and close the connection.", 565) \
    X("EP-AUTH-8", MUST, "7.1",  \
        "The server MUST NOT process any frame of a connection between its auth request and t" \
        "he reply to it.", 566) \
    X("EP-AUTH-9", MUST, "7.1",  \
        "The server MUST answer a second auth request of the same client, version and instanc" \
        "e on one connection with another auth reply and nothing else.", 567) \
    X("EP-AUTH-10", MUST, "7.1",  \
        "The server MUST close a connection on which an auth request for another client id, v" \
        "ersion or instance comes after the first.", 568) \
    X("EP-NEG-1", MUST, "7.2",  \
        "A client that speaks EP/2 MUST write `version`, `instance` and `expect` in its auth " \
        "request.", 578) \
    X("EP-NEG-2", MUST, "7.2",  \
        "The server MUST answer an auth request without `version`, or with one below 2, with " \
        "a reply without any member beside `action` and `payload`.", 579) \
    X("EP-NEG-3", MUST, "7.2",  \
        "The server MUST answer an accepted auth request with `version` 2 or more with `versi" \
        "on` 2, `epoch`, `expect`, `window` and `limits`.", 580) \
    X("EP-NEG-4", MUST, "7.2",  \
        "A client whose auth request got a reply without `version` MUST speak EP/1 on that co" \
        "nnection.", 581) \
    X("EP-TAKE-1", MUST, "7.3",  \
        "When a connection joins as a client that another connection belongs to, the server M" \
        "UST give the client to the newer one and close the older one, in EP/2 after the erro" \
        "r `replaced`.", 585) \
    X("EP-TAKE-2", MUST, "7.3",  \
        "When a connection is taken over or ends, the server MUST discard what it had sent an" \
        "d the server had not yet accepted.", 586) \
    X("EP-TAKE-3", MUST, "7.3",  \
        "The server MUST NOT write presence events because of a takeover.", 587) \
    X("EP-TAKE-4", MUST, "7.3",  \
        "The newer of two connections is the one that the server accepted later: it MUST refu" \
        "se with `replaced` an auth request on a connection that it accepted before another o" \
        "ne that has joined as the same client, even when that one has ended since.", 588) \
    X("EP-CLI-1", MUST, "7.4",  \
        "A client MUST open a connection when its application wants one.", 595) \
    X("EP-CLI-2", MUST, "7.4",  \
        "A client whose connection ended or could not be opened MUST try again, after the tim" \
        "er `reconnect`, doubled each time up to `reconnect_max`, until its application wants" \
        " no connection; the pause starts at `reconnect` again once a connection has been aut" \
        "henticated.", 596) \
    X("EP-CLI-5", SHOULD, "7.4",  \
        "A client SHOULD shorten each of these pauses by a random part of it, at most a quart" \
        "er, so that not all clients of a server that was restarted come back at one moment.", 597) \
    X("EP-CLI-3", MUST, "7.4",  \
        "A client whose application wants no connection MUST close the one it has, in EP/2 af" \
        "ter `bye`.", 598) \
    X("EP-CLI-4", MUST, "7.4",  \
        "A client that gets one of the errors `bad-auth`, `version`, `unauthorized`, `other-c" \
        "lient` or `replaced` MUST tell its application and MUST NOT connect again by itself.", 599) \
    X("EP-SEND-1", MUST, "8.1",  \
        "A sender MUST number the items of a stream 0, 1, 2, … in the order in which they wer" \
        "e given to it.", 608) \
    X("EP-SEND-2", MUST, "8.1",  \
        "A sender MUST write the items of a stream in the order of their ids.", 609) \
    X("EP-SEND-3", MUST, "8.1",  \
        "On a stream transport a sender MUST NOT write an item again on the connection on whi" \
        "ch it has written it, unless the peer asks with `message.retry` or EP-SEND-8 says so" \
        ".", 610) \
    X("EP-SEND-4", MUST, "8.1",  \
        "In EP/2 an id in `message.confirm` MUST be taken to confirm every item of this numbe" \
        "ring up to and including it, written on this connection or not, as `expect` does (EP" \
        "-RES-1, EP-RES-2); an id that no item has had yet confirms nothing.", 611) \
    X("EP-SEND-5", MUST, "8.1",  \
        "In EP/1 a uid in `message.confirm` MUST be taken to confirm the oldest unconfirmed m" \
        "essage with that uid; an unknown one confirms nothing.", 612) \
    X("EP-SEND-6", MUST, "8.1",  \
        "A sender MUST answer `message.retry` for an unconfirmed item by writing it again, or" \
        " in its turn where it has not been written on this connection; for any other id an E" \
        "P/2 peer gets the error `unknown-id`, and an EP/1 peer nothing.", 613) \
    X("EP-SEND-7", MUST, "8.1",  \
        "On a lossy transport a sender MUST write its oldest unconfirmed items again, and a c" \
        "lient its auth request, after the timer `resend`, doubled each time up to `resend_ma" \
        "x`, until they are confirmed or answered.", 614) \
    X("EP-SEND-8", MUST, "8.1",  \
        "A client MUST write each unconfirmed message again to an EP/1 server each time the t" \
        "imer `resend_v1` has passed since it last wrote it.", 615) \
    X("EP-SEND-9", MUST, "8.1",  \
        "In EP/2 a sender MUST NOT have more items written and unconfirmed on a connection th" \
        "an the peer's `window`.", 616) \
    X("EP-RECV-1", MUST, "8.2",  \
        "A receiver MUST NOT accept or deliver an item before it has accepted or delivered ev" \
        "ery item of that stream with a lower id, unless another requirement of this section " \
        "says so.", 625) \
    X("EP-RECV-2", MUST, "8.2",  \
        "A receiver MUST drop an item it has accepted or delivered before, and confirm it aga" \
        "in.", 626) \
    X("EP-RECV-3", MUST, "8.2",  \
        "A receiver MUST hold an item with an id above the expected one, without confirming i" \
        "t, up to the limits `held` and `held_bytes`, and go on with it when its turn comes; " \
        "of several under one id it holds the first.", 627) \
    X("EP-RECV-4", SHOULD, "8.2",  \
        "In EP/2 a receiver that holds an item SHOULD ask for the expected one with `message." \
        "retry`.", 628) \
    X("EP-RECV-13", MUST, "8.2",  \
        "In EP/2 a receiver that dropped an item for want of room MUST ask for it with `messa" \
        "ge.retry` when its turn comes: on a stream transport nobody writes it again unasked " \
        "(EP-SEND-3).", 629) \
    X("EP-RECV-5", MUST, "8.2",  \
        "In EP/1 a receiver MUST tell a duplicate by its uid (a client: by `from` and uid, as" \
        " in EP-RECV-9), within the last `dedup` of that stream: a known uid under any id is " \
        "a duplicate, and that id counts as used; an unknown uid under an id below the expect" \
        "ed one is a new message, taken on arrival.", 630) \
    X("EP-RECV-6", MUST, "8.2",  \
        "A server that has held items of an EP/1 client for the timer `gap_wait` MUST take th" \
        "em in the order of their ids, count that, and expect the id after the last of them.", 631) \
    X("EP-RECV-7", MUST, "8.2",  \
        "A client that has held messages of an EP/1 server for the timer `gap_wait` MUST tell" \
        " its application which ids never came, deliver what it holds in the order of the ids" \
        ", and expect the id after the last of them.", 632) \
    X("EP-RECV-12", MUST, "8.2",  \
        "A client that knows nothing of its down stream and is told `auth true` by an EP/1 se" \
        "rver MUST take the id of the first message that comes as the expected one.", 633) \
    X("EP-RECV-8", MUST, "8.2",  \
        "A client MUST NOT confirm a message before it was handed to its application.", 634) \
    X("EP-RECV-9", MUST, "8.2",  \
        "An EP/2 client MUST NOT deliver a message of which it has delivered one with the sam" \
        "e `from` and `uid` within the last `dedup` messages, and confirms it.", 635) \
    X("EP-RECV-10", MUST, "8.2",  \
        "The server MUST confirm a message to an EP/1 sender by its uid, once for each time i" \
        "t accepts or recognises it.", 636) \
    X("EP-RECV-11", SHOULD, "8.2",  \
        "In EP/2 a receiver SHOULD confirm many items with one `message.confirm`.", 637) \
    X("EP-RES-1", MUST, "8.3",  \
        "When the epoch in the auth reply is the one the client knows, the client MUST go on:" \
        " up items below `expect` count as confirmed, all others are written again in order f" \
        "rom `expect`; the down stream goes on at the client's own `expect`.", 646) \
    X("EP-RES-2", MUST, "8.3",  \
        "When the instance in the auth request is the one the server knows, the server MUST g" \
        "o on: down items below `expect` count as confirmed if `epoch` is the server's, all o" \
        "thers are written again in order.", 647) \
    X("EP-RES-3", MUST, "8.3",  \
        "When `instance` and `epoch` are the ones it knows, the server MUST refuse with `bad-" \
        "auth` an `expect` above the id it will number next; with another of either it ignore" \
        "s `expect`.", 648) \
    X("EP-RES-4", MUST, "8.3",  \
        "To an EP/1 client that it knows the server MUST write, after the auth reply, every u" \
        "nconfirmed message again, in order, with the ids they have (after EP/2: EP-LOST-7).", 649) \
    X("EP-RES-5", MUST, "8.3",  \
        "A client that resumes with an EP/1 server MUST write its session, even when it is `{" \
        "}`, and then every unconfirmed message in order.", 650) \
    X("EP-LOST-1", MUST, "8.4",  \
        "When a client authenticates with another `instance` than the server knows, the serve" \
        "r MUST renumber the unconfirmed items of its down stream from 0, write them, and exp" \
        "ect id 0 of its up stream.", 654) \
    X("EP-LOST-2", MUST, "8.4",  \
        "When an auth reply carries another `epoch` than the client knows, or the client know" \
        "s none, the client MUST renumber the unconfirmed items of its up stream from 0, writ" \
        "e them, and expect id 0 of its down stream.", 655) \
    X("EP-LOST-3", MUST, "8.4",  \
        "A client that renumbers because of another epoch, or because it knew none, MUST put " \
        "its last confirmed session (after EP/1, which confirms none: its newest) before the " \
        "other items, if it is not `{}` and they do not begin with a session; one that was co" \
        "nfirmed and refused counts, and is refused again.", 656) \
    X("EP-LOST-4", MUST, "8.4",  \
        "A client that is told `auth false` by an EP/1 server, after it had been authenticate" \
        "d before, MUST renumber its unconfirmed messages from 0 and expect id 0; one that sp" \
        "oke EP/2 last and is told `auth true` renumbers them, too, and counts as one that kn" \
        "ows nothing of its down stream (EP-RECV-12).", 657) \
    X("EP-LOST-6", MUST, "8.4",  \
        "A client whose auth reply carries its own epoch with an `expect` below an id it know" \
        "s to be confirmed, or above the first one that it has certainly not written, or anot" \
        "her epoch with an `expect` above 0, MUST take a new `instance`, close, and authentic" \
        "ate again without `epoch` and with `expect` 0.", 658) \
    X("EP-LOST-7", MUST, "8.4",  \
        "When a client that spoke EP/2 authenticates in EP/1, the server MUST renumber and ex" \
        "pect as EP-LOST-1 says, and forget its `instance`, so that the next EP/2 auth reques" \
        "t counts as one with another instance.", 659) \
    X("EP-LOST-8", MUST, "8.4",  \
        "The server MUST drop, and count, the unconfirmed receipts and refusals of a client t" \
        "hat authenticates in EP/1, which cannot carry them; its ids can have holes there.", 660) \
    X("EP-LOST-5", MUST, "8.4",  \
        "No unconfirmed message MUST be thrown away because the other side lost its state.", 661) \
    X("EP-LOST-9", MUST, "8.4",  \
        "A client MUST NOT send a message again, in a new numbering, that an `error` item wit" \
        "hout `to` has refused.", 662) \
    X("EP-LOST-10", MUST, "8.4",  \
        "A client that is told `unknown-id` for the id it expects MUST tell its application t" \
        "hat items from this id on will not come, take a new `instance`, close, and authentic" \
        "ate again without `epoch` and with `expect` 0.", 671) \
    X("EP-LOST-11", MUST, "8.4",  \
        "A client that resumed and gets an item with an id below the `expect` of its auth req" \
        "uest MUST NOT take it, and do the same without telling its application that somethin" \
        "g is missing.", 672) \
    X("EP-ADDR-1", MUST, "9",  \
        "A selector MUST match a client exactly when for each of its members the client's ses" \
        "sion has a member of the same name and an equal value; the empty selector matches ev" \
        "ery known client.", 682) \
    X("EP-ADDR-2", MUST, "9",  \
        "Values MUST be compared by type and value: strings after undoing escapes, numbers as" \
        " IEEE 754 doubles (1 equals 1.0), `true`, `false` and `null` with themselves; arrays" \
        " and objects in a session equal nothing.", 683) \
    X("EP-ADDR-3", MUST, "9",  \
        "Any other `to` MUST be refused with `bad-to` (EP/2), or confirmed, dropped and count" \
        "ed (EP/1).", 684) \
    X("EP-ROUTE-1", MUST, "9",  \
        "The server MUST route an accepted message to the client named, or to every known cli" \
        "ent that matches at that moment, connected or not, the sender included.", 685) \
    X("EP-ROUTE-2", MUST, "9",  \
        "The server MUST confirm a message to its sender before it writes that message to the" \
        " same client.", 686) \
    X("EP-PARK-1", MUST, "9",  \
        "The server MUST park an accepted message that nobody matches, and route it at the mo" \
        "ment when a client matches.", 687) \
    X("EP-PARK-2", MUST, "9",  \
        "Parked messages that come to match at one moment MUST be routed in the order in whic" \
        "h they were accepted.", 688) \
    X("EP-PARK-3", MUST, "9",  \
        "A session that a client has not set yet MUST be taken for `{}`.", 689) \
    X("EP-ROUTE-3", MUST, "9",  \
        "The server MUST NOT route an unusable message: in EP/2 it answers `bad-message`, by " \
        "an item (EP-ERR-7) when the id is usable and else by a plain error; in EP/1 it count" \
        "s it, and confirms it when its uid is usable.", 695) \
    X("EP-SESS-1", MUST, "10",  \
        "In EP/1 a client MUST write its whole session after every auth reply and whenever it" \
        " changes, and the server takes it at once.", 699) \
    X("EP-SESS-2", MUST, "10",  \
        "In EP/2 a session update MUST be an item of the up stream; one without `id` is refus" \
        "ed with `bad-message`.", 700) \
    X("EP-SESS-3", MUST, "10",  \
        "The server MUST keep the session of a client that is away, and match it as if it wer" \
        "e there.", 701) \
    X("EP-SESS-4", MUST, "10",  \
        "The server MUST NOT take over a session over the limit `session` or `members`: in EP" \
        "/2 it refuses the item with `bad-session`; in EP/1 it counts it.", 702) \
    X("EP-PRES-1", MUST, "10",  \
        "When a client joins, no older connection having it, the server MUST write `client.co" \
        "nnect` to every other connected client that wants its presence.", 703) \
    X("EP-PRES-2", MUST, "10",  \
        "When a client's connection ends without takeover, the server MUST write `client.disc" \
        "onnect` to every connected client that wants its presence.", 704) \
    X("EP-PRES-3", MUST, "10",  \
        "When a client's session is set, the server MUST write `session.update` to every conn" \
        "ected client that wants its presence, the client itself included; the session just s" \
        "et decides who wants it.", 705) \
    X("EP-PRES-4", MUST, "10",  \
        "The server MUST answer `clients.list` with one `clients.list`.", 706) \
    X("EP-PRES-5", MUST, "10",  \
        "An EP/1 client MUST be taken to want everybody's presence, an EP/2 client that of th" \
        "e clients whose session matches its `presence`, and nobody's where that is absent.", 707) \
    X("EP-PRES-6", MUST, "10",  \
        "A server that left out presence events for a connection MUST write one `clients.list" \
        "` to it when it reads again, of those whose presence it wants (EP-PRES-5), and betwe" \
        "en the first event left out and that list no other event: what is older than the lis" \
        "t comes before it, what is newer after it.", 712) \
    X("EP-RCPT-1", MUST, "11",  \
        "When a recipient confirms a message with `receipt`, the server MUST put a `message.r" \
        "eceipt` into the sender's down stream, if the sender's newest connection spoke EP/2.", 718) \
    X("EP-RCPT-2", MUST, "11",  \
        "A receipt that the limit `notices` leaves out MUST be counted in `missed` of the nex" \
        "t one.", 719) \
    X("EP-ERR-1", MUST, "12",  \
        "An error MUST be written to EP/2 peers only, and an error read MUST be told to the a" \
        "pplication or the log, never answered with an error.", 752) \
    X("EP-ERR-2", MUST, "12",  \
        "An EP/2 peer MUST answer an action it does not know with `unknown-action`, and go on" \
        ".", 753) \
    X("EP-ERR-3", MUST, "12",  \
        "A malformed frame MUST be answered with `malformed` and a close (EP/2), or dropped a" \
        "nd counted, and the connection closed when more than `malformed` of them came (EP/1," \
        " or before authentication).", 754) \
    X("EP-ERR-4", MUST, "12",  \
        "An invalid message MUST be answered with `bad-message`, or the more special error of" \
        " chapter 12 (EP/2), or dropped and counted (EP/1).", 755) \
    X("EP-ERR-5", MUST, "12",  \
        "A server that cannot do what a connection asked, for want of memory or because its s" \
        "tore failed, MUST close that connection, in EP/2 after `failed`, without having conf" \
        "irmed what it could not do; one whose store is full MAY instead wait until it takes " \
        "what it is given, and nothing that follows from it leaves before.", 756) \
    X("EP-ERR-6", MUST, "12", "Input that a state does not expect MUST NOT change anything.", 757) \
    X("EP-ERR-7", MUST, "12",  \
        "In EP/2 the server MUST refuse an item of the up stream by an `error` item in the do" \
        "wn stream, and the id of the refused item counts as used.", 758) \
    X("EP-TIME-2", MUST, "13",  \
        "In EP/2 a peer that has heard nothing for the timer `ping` MUST write a `ping`, and " \
        "a peer that reads a `ping` MUST answer with a `pong` of the same payload.", 780) \
    X("EP-TIME-3", MUST, "13",  \
        "In EP/2 a peer that has heard nothing for the timer `idle` MUST close the connection" \
        ".", 781) \
    X("EP-TIME-4", SHOULD, "13",  \
        "A peer that closes an EP/2 connection on purpose SHOULD say so before: with an error" \
        " that says why, or, a client that simply leaves, with `bye`.", 782) \
    X("EP-TIME-5", MUST, "13",  \
        "A connection that is being closed MUST be closed after the timer `close` even if not" \
        " everything could be written.", 783) \
    X("EP-TIME-6", SHOULD, "13",  \
        "A server SHOULD close a connection on which one frame takes longer than the timer `f" \
        "rame_time`, in EP/2 after the error `idle`.", 784) \
    X("EP-LIM-1", MUST, "14",  \
        "A peer MUST NOT use memory without a limit on behalf of another peer.", 827) \
    X("EP-LIM-2", MUST, "14",  \
        "A frame over the limit `frame` MUST be skipped to its 0x0C in constant memory; in EP" \
        "/2 it is answered with `too-large`, in EP/1 it is counted, and in both the connectio" \
        "n goes on (a client: EP-LIM-10).", 828) \
    X("EP-LIM-3", MUST, "14",  \
        "The server MUST confirm, drop and count (EP/1), or refuse with `too-deep` or `bad-me" \
        "ssage` (EP/2), a message over the limit `depth` or `members` whose uid (EP/1), or wh" \
        "ose id (EP/2), can be read.", 829) \
    X("EP-LIM-10", MUST, "14",  \
        "A client that is authenticated and gets a frame over its limit `frame`, `depth` or `" \
        "members` MUST tell its application each time, in EP/2 answer it with the error that " \
        "the limit names, confirm nothing of it, and go on.", 830) \
    X("EP-LIM-4", MUST, "14",  \
        "When a mailbox is full, the up stream of an EP/1 sender MUST wait: neither that mess" \
        "age nor a later one is accepted or confirmed, while every other message of that conn" \
        "ection is processed.", 831) \
    X("EP-LIM-11", MUST, "14",  \
        "When a refusal would be over the limit `notices`, the up stream of that EP/2 sender " \
        "MUST wait in the same way, until it has confirmed enough of what it was told.", 832) \
    X("EP-LIM-5", MUST, "14",  \
        "When an EP/1 sender has waited for the timer `mailbox_wait`, the server MUST refuse " \
        "the copies for full mailboxes alone, or the message for which there is no room to pa" \
        "rk, count and log them, and go on with the stream.", 833) \
    X("EP-LIM-6", MUST, "14",  \
        "When a mailbox is full, the server MUST refuse that copy to an EP/2 sender with `mai" \
        "lbox-full` at once, and route the message to all other recipients.", 834) \
    X("EP-LIM-8", MUST, "14",  \
        "A client MUST NOT number an item whose frame is larger than the `frame` in `limits` " \
        "of the last auth reply; while it has seen none, the default of the limit counts.", 835) \
    X("EP-LIM-9", MUST, "14",  \
        "A client whose auth reply says a `frame` smaller than that of an unconfirmed item, `" \
        "expect` or above, MUST take that item out of its stream, tell its application that i" \
        "t is refused, and let the items after it close up.", 836) \
    X("EP-LIM-13", MUST, "14",  \
        "The server MUST refuse with `too-large` (EP/2), or confirm, drop and count (EP/1), a" \
        " message with a possible address whose copy, enveloped and under the longest id, wou" \
        "ld be larger than the limit `frame`.", 837) \
    X("EP-LIM-7", MUST, "14",  \
        "A server that has `connections` connections MUST close further ones at once.", 838) \
    X("EP-LIM-12", MAY, "14",  \
        "A server MAY bound the connections of one address, and its memory as a whole: it clo" \
        "ses further connections at once, treats as full what holds more than its part of wha" \
        "t is left, and closes the connections that hold most (EP-ERR-5).", 839) \
    X("EP-SEC-1", MUST, "17",  \
        "The server MUST keep, of the secret in the first EP/2 auth request of a client that " \
        "has none yet, only a SHA-256 hash, and refuse with `unauthorized` every later auth r" \
        "equest of that client, in either version, that does not carry the same secret.", 1066) \
    X("EP-SEC-2", MUST, "17",  \
        "A server that was given a join token MUST refuse with `unauthorized` an auth request" \
        " that does not carry it.", 1067) \
    X("EP-SEC-3", MUST, "17",  \
        "The server MUST compare secrets and tokens in a time that does not depend on where t" \
        "hey differ.", 1068) \
    X("EP-SEC-4", MUST, "17",  \
        "The server MUST refuse EP/1 from an address that is not local unless its operator al" \
        "lowed it.", 1069) \
    X("EP-SEC-5", MUST, "17",  \
        "The server MUST NOT write anything about clients, sessions or messages to a connecti" \
        "on before it is authenticated.", 1070) \
    X("EP-COMPAT-1", MUST, "18",  \
        "A server MUST NOT write to an EP/1 client anything but `auth`, `clients.list`, `sess" \
        "ion.update`, `client.connect`, `client.disconnect`, `message.new` and `message.confi" \
        "rm`.", 1100) \
    X("EP-COMPAT-2", MUST, "18",  \
        "A client MUST NOT write to an EP/1 server anything but `auth`, `session.update`, `cl" \
        "ients.list`, `message.new` and `message.confirm`.", 1101) \

#endif
