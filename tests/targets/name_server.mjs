// name_server.mjs READY-FILE NAME ADDRESS: answers the DNS questions of an emulated board
//
// A network card of QEMU's whose cable is a UDP socket (-net socket,udp=...): it sees the board's
// Ethernet frames, whomever they are for, and answers for whatever name server the board asks. It
// knows one NAME; every other does not exist. The number of its port stands in READY-FILE.
import dgram from "node:dgram";
import { renameSync, writeFileSync } from "node:fs";

const [readyFile, knownName, knownAddress] = process.argv.slice(2);
const ETHERNET = 14, UDP = 8, DNS = 12;
const PROTOCOL_UDP = 17, PORT_DNS = 53, TYPE_A = 1, NO_SUCH_NAME = 3;

function checksum(bytes) {
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

// The question as it came, and behind it, if the name is known, its address for a minute.
function answerTo(question) {
    const labels = [];
    let at = DNS;
    for (; question[at] > 0; at += 1 + question[at]) labels.push(question.toString("latin1", at + 1, at + 1 + question[at]));
    const isKnown = labels.join(".") === knownName && question.readUInt16BE(at + 1) === TYPE_A;
    const address = Buffer.from([0xc0, DNS, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...knownAddress.split(".").map(Number)]);
    const answer = Buffer.concat([question.subarray(0, at + 5), isKnown ? address : Buffer.alloc(0)]);
    answer[2] |= 0x80;
    answer[3] = isKnown ? 0 : NO_SUCH_NAME;
    answer.writeUInt16BE(isKnown ? 1 : 0, 6);
    return answer;
}

// The same frame with both ends exchanged. UDP's checksum may be left out.
function frameBack(frame, ipLength, message) {
    const back = Buffer.concat([frame.subarray(0, ETHERNET + ipLength + UDP), message]);
    const ip = back.subarray(ETHERNET, ETHERNET + ipLength), udp = back.subarray(ETHERNET + ipLength);
    frame.copy(back, 0, 6, 12);
    frame.copy(back, 6, 0, 6);
    frame.copy(ip, 12, ETHERNET + 16, ETHERNET + 20);
    frame.copy(ip, 16, ETHERNET + 12, ETHERNET + 16);
    ip.writeUInt16BE(ip.length + udp.length, 2);
    ip.writeUInt16BE(0, 10);
    ip.writeUInt16BE(checksum(ip), 10);
    udp.writeUInt16BE(PORT_DNS, 0);
    frame.copy(udp, 2, ETHERNET + ipLength, ETHERNET + ipLength + 2);
    udp.writeUInt16BE(udp.length, 4);
    udp.writeUInt16BE(0, 6);
    return back;
}

const cable = dgram.createSocket("udp4");
cable.on("message", (frame, board) => {
    const isIp = frame.length > ETHERNET + 20 && frame.readUInt16BE(12) === 0x0800 && frame[ETHERNET + 9] === PROTOCOL_UDP;
    const ipLength = isIp ? (frame[ETHERNET] & 15) * 4 : 0;
    const udp = ETHERNET + ipLength;
    if (!isIp || frame.length < udp + UDP + DNS || frame.readUInt16BE(udp + 2) !== PORT_DNS) return;
    const question = frame.subarray(udp + UDP, udp + frame.readUInt16BE(udp + 4));
    cable.send(frameBack(frame, ipLength, answerTo(question)), board.port, board.address);
});
cable.bind(0, "127.0.0.1", () => {
    writeFileSync(`${readyFile}.new`, `${cable.address().port}\n`);
    renameSync(`${readyFile}.new`, readyFile);
});
