// Checks the endpoint from outside: node check.mjs PATH_TO_ENDPOINT_BINARY [ONLY_CASES_WITH_THIS_TEXT]
// Signs with node's own crypto, so that neither side can be wrong in the same way as the other.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const binary = process.argv[2];
const only = process.argv[3] ?? '';
if (!binary) {
    console.error('usage: node check.mjs PATH_TO_ENDPOINT_BINARY [ONLY_CASES_WITH_THIS_TEXT]');
    process.exit(2);
}
const here = path.dirname(fileURLToPath(import.meta.url));
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'endpoint-check-'));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// --- The endpoint under test ---------------------------------------------------------------------

let started = 0;

class Endpoint {
    static async start(...options) {
        const e = new Endpoint();
        const dir = path.join(work, String(++started));
        fs.mkdirSync(dir);
        e.files = Object.fromEntries(['ca', 'ready', 'journal', 'books'].map((f) => [f, path.join(dir, f)]));
        e.process = spawn(binary, [
            '--fixture', path.join(here, 'fixture.ini'), '--ca-file', e.files.ca, '--ready-file', e.files.ready,
            '--journal', e.files.journal, '--books', e.files.books, '--parent-pid-exit', ...options,
        ]);
        e.output = '';
        e.errors = '';
        e.process.stdout.on('data', (d) => (e.output += d));
        e.process.stderr.on('data', (d) => (e.errors += d));
        e.ended = new Promise((done) => e.process.on('close', (code, signal) => done(code ?? signal)));
        let early = null;
        e.ended.then((code) => (early = code));
        while (!fs.existsSync(e.files.ready)) {
            if (early !== null) throw new Error(`endpoint ended with ${early}: ${e.errors}`);
            await sleep(10);
        }
        e.port = Number(fs.readFileSync(e.files.ready, 'utf8'));
        e.ca = fs.readFileSync(e.files.ca);
        return e;
    }

    async stop() {
        this.process.kill('SIGTERM');
        const code = await this.ended;
        equal(code, 0, `exit status (stderr: ${this.errors.slice(0, 2000)})`);
        equal(this.errors, '', 'stderr');
        return JSON.parse(fs.readFileSync(this.files.books, 'utf8'));
    }

    journal(event) {
        const lines = fs.readFileSync(this.files.journal, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
        return event ? lines.filter((l) => l.event === event) : lines;
    }
}

// --- A client ------------------------------------------------------------------------------------

const encode = (s) =>
    Array.from(Buffer.from(s), (b) => {
        const c = String.fromCharCode(b);
        return /[A-Za-z0-9\-_.~]/.test(c) ? c : '%' + b.toString(16).toUpperCase().padStart(2, '0');
    }).join('');
const form = (parameters) =>
    Object.entries(parameters)
        .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map(([k, v]) => `${encode(k)}=${encode(String(v))}`)
        .join('&');
const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => crypto.createHmac('sha256', key).update(data).digest();
const compactDate = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');

// Everything that a request is made of, so that a case can spoil any part of it.
function build(endpoint, action, parameters = {}, how = {}) {
    const o = {
        method: 'GET', service: 'ecs', region: 'cn-beijing', version: '2020-04-01', id: 'AKLTendpoint',
        secret: 'ZW5kcG9pbnQtc2VjcmV0', host: `localhost:${endpoint.port}`, headers: {}, extra: '', ...how,
    };
    const date = o.date ?? compactDate(Date.now() + (o.dateOffset ?? 0) * 1000);
    const names = { Action: action, Version: o.version };
    const body = o.method === 'POST' ? (o.body ?? form(parameters)) : (o.body ?? '');
    const query = o.query ?? form(o.method === 'POST' ? names : { ...names, ...parameters });
    const headers = { host: o.host, 'x-date': date, 'x-content-sha256': sha256(body), ...o.headers };
    if (o.method === 'POST') headers['content-type'] ??= 'application/x-www-form-urlencoded';
    if (o.token) headers['x-security-token'] = o.token;
    for (const name of Object.keys(headers)) if (headers[name] === null) delete headers[name];
    const signed = o.signed ?? Object.keys(headers).sort();
    const scope = `${o.scopeDate ?? date.slice(0, 8)}/${o.region}/${o.service}/request`;
    const canonical = [
        o.method, '/', o.signedQuery ?? query, ...signed.map((n) => `${n}:${(headers[n] ?? '').trim()}`), '',
        signed.join(';'), sha256(body),
    ].join('\n');
    const key = scope.split('/').reduce((k, part) => hmac(k, part), o.secret);
    const signature = o.signature ?? hmac(key, `HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
    const authorization =
        o.authorization ?? `HMAC-SHA256 Credential=${o.id}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
    const lines = [`${o.method} /${query ? '?' : ''}${query} HTTP/1.1`, ...Object.entries(headers).map(([n, v]) => `${n}: ${v}`)];
    if (authorization) lines.push(`Authorization: ${authorization}`);
    if (body || o.method === 'POST') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    return `${lines.join('\r\n')}\r\n${o.extra}\r\n${body}`;
}

// A connection that only collects what comes; nothing is taken for granted about its form.
class Connection {
    static open(endpoint, options = {}) {
        const c = new Connection();
        c.bytes = Buffer.alloc(0);
        c.end = null;
        c.socket = tls.connect({ port: endpoint.port, host: '127.0.0.1', servername: 'localhost', ca: endpoint.ca, ...options });
        c.socket.on('data', (d) => ((c.bytes = Buffer.concat([c.bytes, d])), (c.lastByte = Date.now())));
        c.socket.on('end', () => (c.end ??= 'end'));
        c.socket.on('error', (error) => (c.end = error.code ?? error.message));
        c.socket.on('close', () => (c.end ??= 'close'));
        return new Promise((done, failed) => {
            c.socket.once('secureConnect', () => done(c));
            c.socket.once('error', failed);
            c.socket.once('close', () => failed(new Error('closed during the handshake')));
        });
    }

    async until(condition, what, ms = 5000) {
        const deadline = Date.now() + ms;
        while (!condition()) {
            if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}; got ${this.bytes.length} bytes, end ${this.end}`);
            await sleep(2);
        }
    }

    async send(request) {
        this.bytes = Buffer.alloc(0);
        this.socket.write(request);
        await this.until(() => this.answer() || this.end, 'an answer');
        const answer = this.answer(true);
        if (!answer) throw new Error(`no complete answer: ${this.end}, ${JSON.stringify(this.bytes.toString())}`);
        return answer;
    }

    // The final answer in what has come, if it is complete.
    answer(atEnd = false) {
        let text = this.bytes.toString('latin1');
        const interim = [];
        while (/^HTTP\/1\.1 1\d\d /.test(text) && text.includes('\r\n\r\n')) {
            interim.push(Number(text.slice(9, 12)));
            text = text.slice(text.indexOf('\r\n\r\n') + 4);
        }
        const split = text.indexOf('\r\n\r\n');
        if (split < 0) return null;
        const [line, ...rest] = text.slice(0, split).split('\r\n');
        const headers = Object.fromEntries(rest.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 2)]));
        let body = text.slice(split + 4);
        if (headers['transfer-encoding'] === 'chunked') body = dechunk(body);
        else if (headers['content-length'] !== undefined) {
            if (body.length < Number(headers['content-length'])) return null;
        } else if (!this.end && !atEnd) return null;
        if (body === null) return null;
        const answer = { status: Number(line.split(' ')[1]), headers, body, interim };
        try {
            answer.json = JSON.parse(Buffer.from(body, 'latin1').toString());
            answer.code = answer.json.ResponseMetadata?.Error?.Code ?? '';
            answer.result = answer.json.Result;
        } catch { /* not every answer is JSON */ }
        return answer;
    }
}

function dechunk(text) {
    let out = '';
    for (;;) {
        const end = text.indexOf('\r\n');
        if (end < 0) return null;
        const len = parseInt(text.slice(0, end), 16);
        if (len === 0) return text.endsWith('\r\n\r\n') ? out : null;
        if (text.length < end + 2 + len + 2) return null;
        out += text.slice(end + 2, end + 2 + len);
        text = text.slice(end + 2 + len + 2);
    }
}

async function call(endpoint, action, parameters, how) {
    const connection = await Connection.open(endpoint, how?.tls);
    try {
        return await connection.send(build(endpoint, action, parameters, how));
    } finally {
        connection.socket.destroy();
    }
}

const stopped = { InstanceId: 'i-demo0stopped0000001', ImageId: 'image-debian12', Password: 'Passw0rd-1' };
const replace = (endpoint, parameters, how) => call(endpoint, 'ReplaceSystemVolume', { ...stopped, ...parameters }, how);
async function describe(endpoint, id = stopped.InstanceId) {
    const answer = await call(endpoint, 'DescribeInstances', { 'InstanceIds.1': id });
    return answer.result.Instances[0];
}
async function waitFor(endpoint, id, status, ms = 5000) {
    const deadline = Date.now() + ms;
    const seen = [];
    for (;;) {
        const instance = await describe(endpoint, id);
        if (seen.at(-1) !== instance.Status) seen.push(instance.Status);
        if (instance.Status === status) return { instance, seen };
        if (Date.now() > deadline) throw new Error(`${id} did not become ${status}, saw ${seen}`);
        await sleep(10);
    }
}

// --- Cases ---------------------------------------------------------------------------------------

let passed = 0;
let failed = 0;
const cases = [];
const test = (name, run) => cases.push([name, run]);
function equal(got, wanted, what) {
    const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`);
}
function truly(condition, what) {
    if (!condition) throw new Error(what);
}
async function withEndpoint(options, run) {
    const endpoint = await Endpoint.start(...options);
    let books;
    try {
        await run(endpoint);
    } finally {
        books = await endpoint.stop();
    }
    return books;
}
const code = async (promise, wanted, what, status) => {
    const answer = await promise;
    equal(answer.code, wanted, what);
    if (status) equal(answer.status, status, `${what}: status`);
    return answer;
};

test('a good request is accepted, and what it leaves behind', async () => {
    const books = await withEndpoint(['--delay-ms', '50'], async (e) => {
        const answer = await replace(e, { ClientToken: 'token-1' });
        equal([answer.status, answer.code, answer.result], [200, '', {}], 'answer');
        equal(Object.keys(answer.json.ResponseMetadata), ['RequestId', 'Action', 'Version', 'Service', 'Region'], 'members');
        truly(Math.abs(Date.parse(answer.headers.date) - Date.now()) < 3000, 'Date is now');
        await waitFor(e, stopped.InstanceId, 'RUNNING');
        const [line] = e.journal('request');
        equal([line.action, line.status, line.code, line.client_token, line.instance_id, line.method, line.resumed],
            ['ReplaceSystemVolume', 200, '', 'token-1', stopped.InstanceId, 'GET', false], 'journal');
        const [effect] = e.journal('replaced');
        equal([effect.instance_id, effect.image_id, effect.client_token, effect.password_set],
            [stopped.InstanceId, 'image-debian12', 'token-1', true], 'effect');
        truly(!fs.readFileSync(e.files.journal, 'utf8').includes('Passw0rd'), 'no password in the journal');
        truly(e.output.startsWith(`endpoint: listening on 127.0.0.1:${e.port}, CA certificate in ${e.files.ca}\n`), 'first line');
    });
    equal([books.replacements, books.instances[stopped.InstanceId].replacements], [1, 1], 'books');
});

// First of all this checker's own signatures, or it would agree with the endpoint on the same mistake.
test('the published signature vectors', () => {
    const { vectors } = JSON.parse(fs.readFileSync(path.join(here, '../vectors/signing.json'), 'utf8'));
    for (const v of vectors) {
        const headers = { 'x-content-sha256': null, ...v.signed_headers };
        const request = build({}, '', {}, {
            method: v.method, service: v.service, region: v.region, secret: v.secret_key, date: v.x_date, headers,
            query: form(Object.fromEntries(v.query)), body: v.body, host: v.signed_headers.host,
        });
        equal(request.match(/Signature=(\w+)/)[1], v.signature, v.name);
    }
    truly(vectors.length > 5, 'there are some');
});

test('forms of a good signature', () =>
    withEndpoint(['--access-key-id', 'AKLTendpoint=ZW5kcG9pbnQtc2VjcmV0', '--access-key-id', 'AKTP=c2VjcmV0==', '--access-key-id', 'AKTQ=c2VjcmV0===tok+en/=='], async (e) => {
        const list = (how, parameters = {}) => call(e, 'DescribeInstances', parameters, how);
        await code(list(), '', 'all headers signed', 200);
        await code(list({ headers: { 'x-content-sha256': null } }), '', 'host and x-date only', 200);
        await code(list({ signed: ['host', 'x-date'] }), '', 'X-Content-Sha256 present, not signed', 200);
        await code(list({ headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } }), '', 'content-type', 200);
        await code(list({ method: 'POST' }, { 'InstanceIds.1': 'i-demo0running0000001' }), '', 'form', 200);
        await code(list({ host: `127.0.0.1:${e.port}` }), '', 'by address', 200);
        await code(list({}, { 'InstanceIds.1': 'a b+c&d=é~*' }), '', 'encoding', 200);
        await code(list({ id: 'AKTP', secret: 'c2VjcmV0==' }), '', 'secret that ends in ==', 200);
        await code(list({ id: 'AKTQ', secret: 'c2VjcmV0==', token: 'tok+en/==' }), '', 'temporary key', 200);
        await code(call(e, 'DescribeVolumes', { InstanceId: stopped.InstanceId, Kind: 'system' }, { service: 'storage_ebs' }), '', 'storage_ebs', 200);
    }));

test('each wrong part of a signature is refused', () =>
    withEndpoint(['--access-key-id', 'AKLTendpoint=ZW5kcG9pbnQtc2VjcmV0', '--access-key-id', 'AKTP=temporary=token-1'], async (e) => {
        const bad = (how, wanted, what, status) => code(call(e, 'DescribeInstances', { MaxResults: '5' }, how), wanted, what, status);
        await bad({ secret: 'other' }, 'SignatureDoesNotMatch', 'secret', 401);
        await bad({ signature: '0'.repeat(64) }, 'SignatureDoesNotMatch', 'signature', 401);
        await bad({ id: 'AKLTnobody' }, 'InvalidAccessKey', 'key id', 401);
        await bad({ region: 'cn-shanghai' }, 'SignatureDoesNotMatch', 'region', 401);
        await bad({ service: 'iam' }, 'ServiceNotFound', 'service', 404);
        await bad({ service: 'storage_ebs' }, 'InvalidActionOrVersion', 'the other service', 404);
        await bad({ version: '2019-01-01' }, 'InvalidActionOrVersion', 'version', 404);
        await bad({ authorization: '' }, 'MissingAuthenticationToken', 'no Authorization', 401);
        await bad({ authorization: 'HMAC-SHA256 Credential=a/b/c/d/request, SignedHeaders=host' }, 'MissingSignature', 'no Signature', 401);
        await bad({ authorization: 'Bearer Signature=x' }, 'InvalidAuthorization', 'scheme', 400);
        await bad({ authorization: 'HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x' }, 'InvalidCredential', 'scope', 400);
        await bad({ headers: { 'x-date': null } }, 'MissingRequestInfo', 'no X-Date', 400);
        await bad({ scopeDate: '20200101' }, 'InvalidCredential', 'day of the scope', 400);
        await bad({ date: '20240230T000000Z' }, 'InvalidTimestamp', 'no such day', 400);
        await bad({ dateOffset: -890 }, '', '890 s old', 200);
        await bad({ dateOffset: -910 }, 'InvalidTimestamp', '910 s old', 400);
        await bad({ dateOffset: 890 }, '', '890 s ahead', 200);
        await bad({ dateOffset: 910 }, 'InvalidTimestamp', '910 s ahead', 400);
        await bad({ signed: ['x-date'] }, 'SignatureDoesNotMatch', 'host not signed', 401);
        await bad({ signed: ['host'] }, 'SignatureDoesNotMatch', 'x-date not signed', 401);
        await bad({ signed: ['x-date', 'host'] }, 'SignatureDoesNotMatch', 'order of SignedHeaders', 401);
        await bad({ signed: ['Host', 'x-date'] }, 'SignatureDoesNotMatch', 'case of SignedHeaders', 401);
        await bad({ signed: ['host', 'x-date', 'x-none'] }, 'SignatureDoesNotMatch', 'signed but absent', 401);
        await bad({ headers: { 'x-content-sha256': sha256('other') } }, 'SignatureDoesNotMatch', 'body hash', 401);
        await bad({ id: 'AKTP', secret: 'temporary' }, 'InvalidSecretToken', 'no session token', 401);
        await bad({ id: 'AKTP', secret: 'temporary', token: 'token-2' }, 'InvalidSecretToken', 'wrong session token', 401);
        await bad({ id: 'AKTP', secret: 'temporary', token: 'token-1', signed: ['host', 'x-date'] }, 'InvalidSecretToken', 'session token not signed', 401);
        await bad({ token: 'token-1' }, 'InvalidSecretToken', 'session token of no use', 401);
        await bad({ signedQuery: form({ Action: 'DescribeInstances', MaxResults: '6', Version: '2020-04-01' }) }, 'SignatureDoesNotMatch', 'query changed after signing', 401);
        await bad({ host: 'localhost' }, 'MissingRequestInfo', 'Host without port', 400);
        await bad({ host: `elsewhere:${e.port}` }, 'MissingRequestInfo', 'Host of another', 400);
        await bad({ extra: `Host: localhost:${e.port}\r\n` }, 'MissingRequestInfo', 'two Hosts', 400);
    }));

test('the query must be in its canonical form', () =>
    withEndpoint([], async (e) => {
        const bad = async (query, what) => code(call(e, 'x', {}, { query, signedQuery: query }), 'InvalidParameter', what, 400);
        const good = 'Action=DescribeInstances&MaxResults=5&Version=2020-04-01';
        await code(call(e, 'x', {}, { query: good }), '', 'canonical', 200);
        const told = await call(e, 'x', {}, { query: 'B=1&Action=x' });
        truly(told.json.ResponseMetadata.Error.Message.includes('Action is not in byte order'), 'the message says what is wrong');
        await bad('MaxResults=5&Action=DescribeInstances&Version=2020-04-01', 'order');
        await bad(`${good}&Version=2020-04-01`, 'a parameter twice');
        await bad('Action=DescribeInstances&NextToken=a%2fb&Version=2020-04-01', 'lower-case %xx');
        await bad('Action=DescribeInstances&NextToken=a+b&Version=2020-04-01', '+');
        await bad('Action=DescribeInstances&NextToken=%41&Version=2020-04-01', 'needless %XX');
        await bad('Action=DescribeInstances&NextToken=a*b&Version=2020-04-01', 'bare *');
        await bad('Action=DescribeInstances&NextToken=%4&Version=2020-04-01', 'half a %XX');
        await bad('Action=DescribeInstances&NextToken=%00&Version=2020-04-01', 'NUL');
        await bad('Action=DescribeInstances&NextToken&Version=2020-04-01', 'no =');
        await bad('Action=DescribeInstances&&Version=2020-04-01', 'empty pair');
        await code(call(e, 'x', {}, { query: 'Action=DescribeInstances' }), 'MissingParameter', 'no Version', 400);
        await code(call(e, 'DescribeInstances', { Action: 'DescribeInstances' }, { method: 'POST' }), 'InvalidParameter', 'in query and body', 400);
        await code(call(e, 'DescribeInstances', {}, { body: 'x' }), 'InvalidParameter', 'GET with a body', 400);
        equal((await call(e, 'x', {}, { query: `${good}#end` })).status, 400, 'fragment');
        equal((await call(e, 'x', {}, { method: 'PUT', query: good })).code, 'InvalidActionOrVersion', 'PUT');
    }));
test('what the SDKs may, where it is allowed', () =>
    withEndpoint(['--query-order', 'any', '--unsigned-host'], async (e) => {
        await code(call(e, 'DescribeInstances', {}, { signed: ['x-date'] }), '', 'host not signed', 200);
        const query = 'Version=2020-04-01&Action=DescribeInstances&MaxResults=5';
        const signedQuery = 'Action=DescribeInstances&MaxResults=5&Version=2020-04-01';
        await code(call(e, 'x', {}, { query, signedQuery }), '', 'any order', 200);
    }));

test('bytes that are no HTTP are refused', () =>
    withEndpoint([], async (e) => {
        const bad = async (bytes, status, what) => {
            const c = await Connection.open(e);
            equal((await c.send(bytes)).status, status, what);
            await c.until(() => c.end, 'the close');
            c.socket.destroy();
        };
        const good = build(e, 'DescribeInstances');
        await bad(good.replace('HTTP/1.1', 'HTTP/1.0'), 505, 'version');
        await bad(good.replace('x-date: ', 'x-date : '), 400, 'blank before the colon');
        await bad(good.replace('x-date: ', ' x-date: '), 400, 'folded line');
        await bad(good.replace('x-date: ', 'x-date: \x01'), 400, 'control character');
        await bad(good.replace('x-date: ', 'x-date: \n'), 400, 'bare line feed');
        await bad(good.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 501, 'chunked request');
        await bad(good.replace('\r\n\r\n', '\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'), 400, 'two lengths');
        await bad(good.replace('\r\n\r\n', '\r\nContent-Length: -1\r\n\r\n'), 400, 'negative length');
        await bad(good.replace('/?', `/?A=${'x'.repeat(9000)}&`), 414, 'too long a line');
        await bad('hello\r\n\r\n', 400, 'no request line');
    }));

test('all 29 errors of the document', () =>
    withEndpoint(['--processing-ms', '400', '--delay-ms', '20'], async (e) => {
        const reached = new Set();
        const reach = async (wanted, status, parameters) => {
            const all = { ...stopped, ...parameters };
            for (const k of Object.keys(all)) if (all[k] === null) delete all[k];
            const answer = await code(call(e, 'ReplaceSystemVolume', all), wanted, wanted, status);
            truly(answer.json.ResponseMetadata.Error.Message.endsWith('.'), 'a message');
            equal(answer.json.Result, undefined, 'no Result');
            reached.add(wanted);
        };
        const on = (InstanceId) => ({ InstanceId });
        const keep = { KeepImageCredential: 'true', Password: null };
        await reach('MissingParameter.InstanceId', 400, on(null));
        await reach('MissingParameter.InstanceId', 400, on(''));
        await reach('MissingParameter.ImageId', 400, { ImageId: null });
        await reach('MissingParameter.PasswordAndKeyPair', 400, { Password: null });
        await reach('InvalidInstanceStatus', 400, on('i-demo0running0000001'));
        await reach('InvalidInstanceStatus', 400, on('i-demo0creating000001'));
        await reach('InvalidKeyPairForWindows.Unsupported', 400, { ImageId: 'image-windows2022', KeyPairName: 'kp-demo', Password: null });
        for (const Password of ['Sh0rt-x', 'Long-0' + 'x'.repeat(25), 'onlylower1', '/Passw0rd', '$6$Passw0rd', 'Passw0rd 1', 'Passw0rd"1', 'Passw0rd\\1', 'Pässw0rd-1'])
            await reach('InvalidPassword.Malformed', 400, { Password });
        await reach('InvalidClientToken.Malformed', 400, { ClientToken: 'x'.repeat(65) });
        await reach('InvalidClientToken.Malformed', 400, { ClientToken: 'é' });
        for (const p of [{ DryRun: 'maybe' }, { KeepImageCredential: 'True' }, { Size: 'big' }, { Size: '0' }, { Size: '40.5' }, { UserData: '*' }, { UserData: 'QUI' }, { Colour: 'red' }, { ImageReleaseVersion: '19990101' }, { ImageId: 'image-private-bare', ImageReleaseVersion: '20241115' }])
            await reach('InvalidArgument', 400, p);
        await reach('InvalidVolumeStatus', 400, on('i-volume0detaching001'));
        await reach('MissingParameter.VolumeType', 400, on('i-volume0untyped00001'));
        await reach('LimitExceeded.SystemVolumeSize', 400, { Size: '2049' });
        await reach('InvalidImage.NotFound', 404, { ImageId: 'image-nowhere' });
        await reach('InvalidImage.NotFound', 404, { ImageId: 'image-private-creating' });
        await reach('InvalidKeyPair.NotFound', 404, { KeyPairName: 'kp-nowhere' });
        await reach('InvalidInstance.NotFound', 404, on('i-nowhere'));
        await reach('InvalidInstance.Expired', 412, on('i-expired00000000001'));
        await reach('InvalidImage.InstanceTypeMismatch', 412, { ImageId: 'image-gpu-only' });
        await reach('InvalidVolumeType.ImageMismatch', 412, { ...on('i-volume0ptssd0000001'), ImageId: 'image-essd-only' });
        await reach('InvalidVolumeSize.ImageSizeMismatch', 412, { ImageId: 'image-large' });
        await reach('InvalidVolumeSize.ImageSizeMismatch', 412, { Size: '10' });
        await reach('OperationDenied.ResourceLocked', 412, on('i-locked000000000001'));
        await reach('OperationDenied.InstanceIsCreatingImage', 412, on('i-creatingimage00001'));
        await reach('OperationDenied.ResourceCreatedByOtherService', 412, on('i-otherservice000001'));
        await reach('InvalidImageId.KeepImageCredentialMismatch', 412, keep);
        await reach('InvalidImageId.KeepImageCredentialMismatch', 412, { ...keep, ImageId: 'image-private-bare' });
        await reach('InvalidPassword.KeepImageCredentialMismatch', 412, { KeepImageCredential: 'true' });
        await reach('InvalidKeyPairName.KeepImageCredentialMismatch', 412, { ...keep, KeyPairName: 'kp-demo' });
        await reach('InvalidImage.HostnameMismatch', 412, { ...on('i-hostname0digits0001'), ImageId: 'image-windows2022' });
        await reach('DryRunOperation', 412, { DryRun: 'true' });
        await reach('InternalError', 500, { ImageId: 'image-unreadable' });
        const first = replace(e, { ClientToken: 'twice' });
        await sleep(100);
        await reach('IdempotentProcessing', 412, { ClientToken: 'twice' });
        equal((await first).status, 200, 'the first one');
        await reach('IdempotentParameterMismatch', 400, { ClientToken: 'twice', ImageId: 'image-ubuntu2204' });
        equal(reached.size, 29, 'number of codes reached');
        equal(e.journal('replaced').length, 1, 'nothing refused was executed');
    }));

test('what is allowed is accepted', () =>
    withEndpoint(['--delay-ms', '1', '--allow-parameter', 'Colour'], async (e) => {
        const accept = async (parameters) => {
            const all = { ...stopped, ...parameters };
            for (const k of Object.keys(all)) if (all[k] === null) delete all[k];
            await code(call(e, 'ReplaceSystemVolume', all), '', JSON.stringify(parameters), 200);
            await waitFor(e, all.InstanceId, 'RUNNING');
            await code(call(e, 'StopInstance', { InstanceId: all.InstanceId, StoppedMode: 'KeepCharging' }), '', 'stop', 200);
            await waitFor(e, all.InstanceId, 'STOPPED');
        };
        const keep = { KeepImageCredential: 'true', Password: null };
        await accept({ Password: 'Aa1' + '`~!@#$%^&*()_-+=|{}[]:;'.padEnd(27, 'x').slice(0, 27) });
        await accept({ Password: "Aa1'<>,.?/" });
        await accept({ KeyPairName: 'kp-demo', Password: null });
        equal((await describe(e)).KeyPairName, 'kp-demo', 'key pair');
        await accept({ KeyPairName: 'kp-demo' });
        await accept({ ...keep, ImageId: 'image-private-golden' });
        await accept({ ...keep, ImageId: 'image-shared-golden' });
        await accept({ ImageId: 'image-windows2022' });
        equal((await describe(e)).OsType, 'Windows', 'OsType');
        await accept({ ImageId: 'image-large', Size: '120', UserData: 'IyEvYmluL3NoCg==', DryRun: 'false', ClientToken: '' });
        await accept({ ImageReleaseVersion: '20240801', Size: '120', Colour: 'red' });
    }));

test('a form POST does what a GET does, or what the switch says', async () => {
    const fields = { ...stopped, UserData: 'QUFB'.repeat(5000) };
    await withEndpoint(['--delay-ms', '10'], async (e) => {
        await code(call(e, 'ReplaceSystemVolume', fields, { method: 'POST' }), '', 'accepted', 200);
        equal(e.journal('replaced').length, 1, 'executed');
    });
    await withEndpoint(['--post', 'body-ignored'], (e) =>
        code(call(e, 'ReplaceSystemVolume', fields, { method: 'POST' }), 'MissingParameter.InstanceId', 'ignored', 400));
    await withEndpoint(['--post', 'refused'], (e) =>
        code(call(e, 'ReplaceSystemVolume', fields, { method: 'POST' }), 'InvalidActionOrVersion', 'refused', 404));
});

test('snapshots of a system volume, oldest first, page by page', () =>
    withEndpoint([], async (e) => {
        const ebs = (action, parameters) => call(e, action, parameters, { service: 'storage_ebs' });
        const VolumeId = (await describe(e)).Volumes[0].VolumeId;
        const { result } = await ebs('DescribeSnapshots', { VolumeId, PageSize: '2' });
        equal([result.TotalCount, result.Snapshots.map((s) => s.SnapshotName)], [3, ['nightly-1', 'nightly-2']], 'first page');
        truly(result.Snapshots[0].CreationTime < result.Snapshots[1].CreationTime, 'in their order');
        equal(result.Snapshots[0].VolumeId, VolumeId, 'VolumeId');
        const last = await ebs('DescribeSnapshots', { VolumeId, PageSize: '2', PageNumber: '2' });
        equal(last.result.Snapshots.map((s) => s.SnapshotName), ['nightly-3'], 'last page');
        equal((await ebs('DescribeSnapshots', { VolumeId: 'vol-nowhere' })).result.Snapshots, [], 'of no volume');
        await code(ebs('DescribeSnapshots', { VolumeId, PageSize: '101' }), 'InvalidArgument', 'page size', 400);
    }));

test('states of a replacement, as far as they show', async () => {
    await withEndpoint(['--delay-ms', '300', '--stopped-after-accept-ms', '200'], async (e) => {
        const before = await describe(e);
        equal(before.Status, 'STOPPED', 'before');
        await sleep(1100);
        await replace(e, { ImageId: 'image-ubuntu2204' });
        equal((await describe(e)).Status, 'STOPPED', 'right after');
        await code(replace(e, {}), 'OperationDenied.ResourceLocked', 'a second one meanwhile', 412);
        await code(call(e, 'StartInstance', { InstanceId: stopped.InstanceId }), 'OperationDenied.ResourceLocked', 'a start meanwhile', 412);
        const { seen } = await waitFor(e, stopped.InstanceId, 'REBUILDING');
        equal(seen.at(-1), 'REBUILDING', 'REBUILDING');
        const during = await describe(e);
        equal([during.ImageId, during.Volumes], [before.ImageId, before.Volumes], 'during');
        await code(replace(e, {}), 'InvalidInstanceStatus', 'a second one while REBUILDING', 400);
        const { instance } = await waitFor(e, stopped.InstanceId, 'RUNNING');
        equal(instance.ImageId, 'image-ubuntu2204', 'ImageId');
        truly(instance.Volumes[0].VolumeId !== before.Volumes[0].VolumeId, 'the volume changed');
        truly(instance.UpdatedAt > before.UpdatedAt, 'UpdatedAt moved');
        const volumes = await call(e, 'DescribeVolumes', { InstanceId: stopped.InstanceId, Kind: 'system' }, { service: 'storage_ebs' });
        equal(volumes.result.Volumes[0].VolumeId, instance.Volumes[0].VolumeId, 'DescribeVolumes');
    });
    await withEndpoint(['--rebuilding-seen', 'no', '--image-id-changes', 'at-submit', '--new-volume-id', 'at-submit', '--updated-at-moves-on', 'stop'], async (e) => {
        const before = await describe(e);
        await replace(e, { ImageId: 'image-ubuntu2204' });
        const after = await describe(e);
        equal([after.Status, after.ImageId, after.UpdatedAt], ['STOPPED', 'image-ubuntu2204', before.UpdatedAt], 'after');
        truly(after.Volumes[0].VolumeId !== before.Volumes[0].VolumeId, 'the volume changed');
        equal((await waitFor(e, stopped.InstanceId, 'RUNNING')).seen, ['STOPPED', 'RUNNING'], 'states');
    });
    await withEndpoint(['--delay-ms', '20', '--image-id-changes', 'never', '--new-volume-id', 'no', '--end-state', 'stopped'], async (e) => {
        const before = await describe(e);
        await replace(e, { ImageId: 'image-ubuntu2204' });
        await waitFor(e, stopped.InstanceId, 'REBUILDING').catch(() => {});
        const { instance } = await waitFor(e, stopped.InstanceId, 'STOPPED');
        equal([instance.ImageId, instance.Volumes], [before.ImageId, before.Volumes], 'nothing shows');
    });
    await withEndpoint(['--delay-ms', '400', '--stopped-after-rebuild-ms', '400'], async (e) => {
        await replace(e, {});
        equal((await waitFor(e, stopped.InstanceId, 'RUNNING')).seen, ['REBUILDING', 'STOPPED', 'STARTING', 'RUNNING'], 'states');
    });
    await withEndpoint(['--delay-ms', '20', '--end-state', 'error'], async (e) => {
        await replace(e, {});
        await waitFor(e, stopped.InstanceId, 'ERROR');
    });
    await withEndpoint(['--delay-ms', '20'], async (e) => {
        await replace(e, { InstanceId: 'i-ends0unstartable001' });
        equal((await waitFor(e, 'i-ends0unstartable001', 'STOPPED')).instance.Status, 'STOPPED', 'end');
        await sleep(100);
        await code(call(e, 'StartInstance', { InstanceId: 'i-ends0unstartable001' }), '', 'start', 200);
        await waitFor(e, 'i-ends0unstartable001', 'ERROR');
        await replace(e, { InstanceId: 'i-ends0error000000001' });
        await waitFor(e, 'i-ends0error000000001', 'ERROR');
    });
    await withEndpoint(['--replacement-shows', 'STOPPED:60,REBUILDING:60,RUNNING:60,STOPPED:60,RUNNING'], async (e) => {
        const before = await describe(e);
        await replace(e, { ImageId: 'image-ubuntu2204' });
        equal((await waitFor(e, stopped.InstanceId, 'REBUILDING')).instance.ImageId, before.ImageId, 'during');
        await waitFor(e, stopped.InstanceId, 'RUNNING');
        for (let i = 0; i < 200 && e.journal('settled').length === 0; i++) await sleep(10);
        const after = await describe(e);
        equal([after.Status, after.ImageId], ['RUNNING', 'image-ubuntu2204'], 'in the end');
    });
    await withEndpoint(['--replace-running', 'yes', '--delay-ms', '20'], (e) =>
        code(replace(e, { InstanceId: 'i-demo0running0000001' }), '', 'a running one', 200));
});

test('stop and start', () =>
    withEndpoint(['--delay-ms', '600'], async (e) => {
        const InstanceId = 'i-demo0running0000001';
        const stop = (more) => call(e, 'StopInstance', { InstanceId, StoppedMode: 'KeepCharging', ...more });
        await code(stop({ DryRun: 'true' }), 'DryRunOperation', 'dry run', 412);
        await code(stop({ StoppedMode: 'Sometimes' }), 'InvalidArgument', 'mode', 400);
        await code(stop({ ClientToken: 's1', ForceStop: 'false' }), '', 'stop', 200);
        await code(stop({ ClientToken: 's1', ForceStop: 'false' }), '', 'the same again', 200);
        await code(stop({ ClientToken: 's1', ForceStop: 'true' }), 'IdempotentParameterMismatch', 'other parameters', 400);
        await code(stop({ ClientToken: 's2' }), 'InvalidInstanceStatus', 'STOPPING', 400);
        const { seen, instance } = await waitFor(e, InstanceId, 'STOPPED');
        equal([seen, instance.StoppedMode], [['STOPPING', 'STOPPED'], 'KeepCharging'], 'stopped');
        await code(call(e, 'GetConsoleOutput', { InstanceId }), 'InvalidInstanceStatus', 'no console', 400);
        await code(call(e, 'StartInstance', { InstanceId }), '', 'start', 200);
        equal((await waitFor(e, InstanceId, 'RUNNING')).seen, ['STARTING', 'RUNNING'], 'started');
        const console = await call(e, 'GetConsoleOutput', { InstanceId });
        truly(Buffer.from(console.result.Output, 'base64').toString().includes('login:'), 'console');
        equal([e.journal('stopped').length, e.journal('started').length], [1, 1], 'effects');
        await code(stop({ StoppedMode: 'StopCharging' }), '', 'stop', 200);
        equal((await waitFor(e, InstanceId, 'STOPPED')).instance.StoppedMode, 'StopCharging', 'mode');
    }));

test('client tokens', async () => {
    const again = async (e, wanted, parameters) => code(replace(e, { ClientToken: 't', ...parameters }), wanted, 'again');
    let books = await withEndpoint(['--delay-ms', '50'], async (e) => {
        await again(e, '');
        await again(e, '');
        await again(e, 'IdempotentParameterMismatch', { Password: 'Passw0rd-2' });
        await waitFor(e, stopped.InstanceId, 'RUNNING');
        await again(e, '');
    });
    equal(books.replacements, 1, 'token first');
    books = await withEndpoint(['--delay-ms', '50', '--check-order', 'status-first'], async (e) => {
        await again(e, '');
        await again(e, 'InvalidInstanceStatus');
        await waitFor(e, stopped.InstanceId, 'RUNNING');
        await again(e, 'InvalidInstanceStatus');
    });
    equal(books.replacements, 1, 'status first');
    books = await withEndpoint(['--delay-ms', '20', '--end-state', 'stopped', '--old-token-answers-from-memory', 'no'], async (e) => {
        await again(e, '');
        await again(e, '');
        await sleep(200);
        await again(e, '');
    });
    equal(books.replacements, 2, 'forgotten when done');
    books = await withEndpoint(['--delay-ms', '20', '--end-state', 'stopped', '--token-memory-ms', '300'], async (e) => {
        await again(e, '');
        await again(e, '');
        await sleep(400);
        await again(e, '');
    });
    equal(books.replacements, 2, 'forgotten after a time');
    books = await withEndpoint(['--processing-ms', '200', '--processing-ends', 'InvalidImage.NotFound'], async (e) => {
        const first = replace(e, { ClientToken: 't' });
        await sleep(50);
        await again(e, 'IdempotentProcessing');
        equal((await first).code, 'InvalidImage.NotFound', 'the end of processing');
    });
    equal(books.replacements, 0, 'refused after processing');
    books = await withEndpoint(['--processing-ms', '300', '--rule', 'ReplaceSystemVolume#1=execute;drop'], async (e) => {
        equal((await collect(e, build(e, 'ReplaceSystemVolume', { ...stopped, ClientToken: 't' }))).text, '', 'dropped at once');
        await again(e, 'IdempotentProcessing');
        await sleep(350);
        await again(e, '');
    });
    equal(books.replacements, 1, 'dropped while processing');
    const keys = ['--access-key-id', 'AKLTendpoint=ZW5kcG9pbnQtc2VjcmV0', '--access-key-id', 'B=secret'];
    for (const [shared, wanted] of [['no', 'InvalidInstanceStatus'], ['yes', '']]) {
        await withEndpoint([...keys, '--tokens-shared-between-keys', shared], async (e) => {
            await again(e, '');
            await code(replace(e, { ClientToken: 't' }, { id: 'B', secret: 'secret' }), wanted, `shared: ${shared}`);
        });
    }
});

test('dry runs', async () => {
    let books = await withEndpoint([], async (e) => {
        await code(replace(e, { DryRun: 'true', ClientToken: 'd' }), 'DryRunOperation', 'passes', 412);
        await code(replace(e, { DryRun: 'true', ClientToken: 'd' }), 'DryRunOperation', 'passes again', 412);
        await code(replace(e, { ClientToken: 'd' }), 'IdempotentParameterMismatch', 'its token is bound', 400);
        await code(replace(e, { DryRun: 'true', InstanceId: 'i-demo0running0000001' }), 'InvalidInstanceStatus', 'fails', 400);
    });
    equal(books.replacements, 0, 'nothing was done');
    await withEndpoint(['--dry-run-uses-token', 'no'], async (e) => {
        await code(replace(e, { DryRun: 'true', ClientToken: 'd' }), 'DryRunOperation', 'passes', 412);
        await code(replace(e, { ClientToken: 'd' }), '', 'its token is free', 200);
    });
    books = await withEndpoint(['--dry-run-ignored'], (e) => code(replace(e, { DryRun: 'true' }), '', 'ignored', 200));
    equal(books.replacements, 1, 'done all the same');
});

test('lists and pages', () =>
    withEndpoint(['--generate-instances', '120', '--generate-status', 'STOPPED'], async (e) => {
        let token = '';
        const ids = new Set();
        for (let pages = 0; pages < 10; pages++) {
            const { result } = await call(e, 'DescribeInstances', { MaxResults: '50', NextToken: token });
            for (const instance of result.Instances) ids.add(instance.InstanceId);
            token = result.NextToken;
            if (token === '') {
                equal([ids.size, pages], [result.TotalCount, 2], 'all, in three pages');
                break;
            }
        }
        truly(ids.has('i-fleet00000') && ids.has('i-fleet00119'), 'the fleet');
        const { result } = await call(e, 'DescribeInstances', { 'InstanceIds.1': 'i-fleet00007', 'InstanceIds.2': 'i-nowhere' });
        equal(result.Instances.map((i) => [i.InstanceId, i.Status]), [['i-fleet00007', 'STOPPED']], 'by id');
        const wanted = 'InstanceId InstanceName Status ImageId OsType OsName KeyPairName StoppedMode InstanceTypeId Cpus MemorySize HostName Hostname VpcId ZoneId ProjectName CreatedAt UpdatedAt ExpiredAt DeletionProtection EipAddress NetworkInterfaces Volumes LocalVolumes Placement CpuOptions Tags Uuid';
        for (const member of wanted.split(' ')) truly(member in result.Instances[0], member);
        equal((await call(e, 'DescribeInstances', {})).result.Instances.length, 10, 'ten by default');
        equal((await describe(e, 'i-demo0running0000001')).Tags[0], { Key: 'purpose', Value: 'demo' }, 'tags');
        for (const p of [{ MaxResults: '101' }, { MaxResults: '0' }, { NextToken: 'x' }, { 'InstanceIds.2': 'i-x' }, { 'InstanceIds.0': 'i-x' }])
            await code(call(e, 'DescribeInstances', p), 'InvalidArgument', JSON.stringify(p), 400);
        const images = await call(e, 'DescribeImages', { 'ImageIds.1': 'image-windows2022' });
        equal(images.result.Images.map((i) => [i.ImageId, i.OsType, i.Visibility, i.Size]), [['image-windows2022', 'Windows', 'public', 40]], 'image');
        const pairs = await call(e, 'DescribeKeyPairs', { 'KeyPairNames.1': 'kp-demo' });
        equal(pairs.result.KeyPairs.map((k) => k.KeyPairName), ['kp-demo'], 'key pair');
    }));

test('other switches of the service', async () => {
    await withEndpoint(['--missing-instances', 'not-found'], (e) =>
        code(call(e, 'DescribeInstances', { 'InstanceIds.1': 'i-nowhere' }), 'InvalidInstance.NotFound', 'missing', 404));
    await withEndpoint(['--deny', 'StopInstance'], async (e) => {
        await code(call(e, 'StopInstance', { InstanceId: 'i-demo0running0000001' }), 'AccessDenied', 'denied', 403);
        await code(call(e, 'DescribeInstances', {}), '', 'others', 200);
    });
    await withEndpoint(['--flow-limit', '2'], async (e) => {
        const codes = await Promise.all(Array.from({ length: 12 }, () => call(e, 'DescribeInstances', {}).then((a) => a.code)));
        truly(codes.includes('FlowLimitExceeded') && codes.includes(''), `flow limit: ${codes}`);
    });
    for (const [how, wanted] of [['object', {}], ['null', null], ['absent', undefined]])
        await withEndpoint(['--empty-result', how], async (e) => equal((await replace(e, {})).json.Result, wanted, how));
    await withEndpoint(['--clock-offset-s', '-100000', '--future-date-window-s', '60'], async (e) => {
        const answer = await code(call(e, 'DescribeInstances', {}), 'InvalidTimestamp', 'clock', 400);
        const offset = (Date.parse(answer.headers.date) - Date.now()) / 1000;
        truly(Math.abs(offset + 100000) < 5, `Date is ${offset} s off`);
        await code(call(e, 'DescribeInstances', {}, { dateOffset: -100000 }), '', 'corrected', 200);
        await code(call(e, 'DescribeInstances', {}, { dateOffset: -100000 + 70 }), 'InvalidTimestamp', 'ahead', 400);
    });
    await withEndpoint(['--describe-lag-ms', '400', '--describe-lag-every', '2', '--delay-ms', '1'], async (e) => {
        await describe(e);
        await describe(e);
        await replace(e, {});
        await sleep(100);
        const seen = [(await describe(e)).Status, (await describe(e)).Status, (await describe(e)).Status];
        equal(seen, ['RUNNING', 'STOPPED', 'RUNNING'], 'every second answer lags');
    });
    await withEndpoint(['--public-port', '443', '--host-name', 'ecs.example.test'], async (e) => {
        await code(call(e, 'DescribeInstances', {}, { host: 'ecs.example.test', tls: { servername: 'ecs.example.test' } }), '', 'without a port', 200);
        await code(call(e, 'DescribeInstances', {}, { host: 'ecs.example.test:443', tls: { servername: 'ecs.example.test' } }), 'MissingRequestInfo', 'with :443', 400);
    });
});

// --- TLS -----------------------------------------------------------------------------------------

test('certificates', async () => {
    const kinds = {
        'wrong-host': 'ERR_TLS_CERT_ALTNAME_INVALID', expired: 'CERT_HAS_EXPIRED', 'not-yet-valid': 'CERT_NOT_YET_VALID',
        'self-signed': 'DEPTH_ZERO_SELF_SIGNED_CERT', 'other-ca': 'CERT_SIGNATURE_FAILURE',
    };
    for (const [kind, wanted] of Object.entries(kinds)) {
        await withEndpoint(['--certificate', kind], async (e) => {
            const error = await Connection.open(e).then(() => null, (x) => x.code);
            equal(error, wanted, kind);
        });
    }
    for (const more of [['--key', 'rsa'], ['--intermediate'], ['--tls', '1.2'], ['--tls', '1.3'], ['--certificate-not-before-s', '-5', '--certificate-not-after-s', '60']])
        await withEndpoint(more, async (e) => {
            const c = await Connection.open(e, { ALPNProtocols: ['http/1.1'] });
            equal(c.socket.alpnProtocol, 'http/1.1', 'ALPN');
            if (more[0] === '--tls') equal(c.socket.getProtocol(), `TLSv${more[1]}`, 'version');
            equal((await c.send(build(e, 'DescribeInstances'))).status, 200, more.join(' '));
            c.socket.destroy();
            equal(e.journal('opened').map((l) => [l.alpn, l.server_name]), [['http/1.1', 'localhost']], 'journal');
        });
});

test('session resumption', async () => {
    const resumed = async (options, version) => {
        let result;
        await withEndpoint(options, async (e) => {
            const first = await Connection.open(e, { minVersion: version, maxVersion: version });
            let session = first.socket.getSession();
            first.socket.on('session', (s) => (session = s));
            await first.send(build(e, 'DescribeInstances'));
            await sleep(50);
            first.socket.destroy();
            const second = await Connection.open(e, { minVersion: version, maxVersion: version, session });
            await second.send(build(e, 'DescribeInstances'));
            result = second.socket.isSessionReused();
            second.socket.destroy();
            equal(e.journal('request').map((l) => l.resumed), [false, result], 'journal');
        });
        return result;
    };
    equal(await resumed([], 'TLSv1.3'), true, '1.3');
    equal(await resumed([], 'TLSv1.2'), true, '1.2');
    equal(await resumed(['--no-session-tickets'], 'TLSv1.3'), false, '1.3 without tickets');
    equal(await resumed(['--no-session-tickets'], 'TLSv1.2'), true, '1.2 by session id');
    equal(await resumed(['--no-resumption'], 'TLSv1.2'), false, '1.2 without either');
});

// --- Misbehaviour --------------------------------------------------------------------------------

const list = (e) => build(e, 'DescribeInstances', { 'InstanceIds.1': 'i-demo0running0000001' });

// Sends one request and waits until the connection ends, or for so long.
async function collect(endpoint, request, ms) {
    const c = await Connection.open(endpoint);
    c.socket.write(request);
    if (ms) await sleep(ms);
    else await c.until(() => c.socket.closed || c.end, 'the end');
    await sleep(20);
    const result = { bytes: c.bytes, text: c.bytes.toString('latin1'), end: c.end, answer: c.answer(true) };
    c.socket.destroy();
    return result;
}

test('rules that replace the answer', async () => {
    const rule = (behaviours, check, action = 'ReplaceSystemVolume') =>
        withEndpoint(['--rule', `${action}#1=${behaviours}`], async (e) => check(await replace(e, {}), e));
    const undone = (e) => equal(e.journal('replaced').length, 0, 'nothing was done');
    await rule('status:503', (a, e) => (equal([a.status, a.body], [503, ''], 'status'), undone(e)));
    await rule('execute;status:500', (a, e) => {
        equal([a.status, e.journal('replaced').length], [500, 1], 'executed');
        equal([e.journal('request')[0].status, e.journal('request')[0].executed], [500, true], 'journal');
    });
    await rule('error:FlowLimitExceeded;retry-after:7', (a, e) => {
        equal([a.status, a.code, a.headers['retry-after']], [429, 'FlowLimitExceeded', '7'], 'error');
        equal(e.journal('request')[0].code, 'FlowLimitExceeded', 'journal');
        undone(e);
    });
    await rule('error:SignatureDoesNotMatch', (a) => equal(a.json.ResponseMetadata.Error.CodeN, 100010, 'CodeN'));
    await rule('error200:InternalError', (a) => equal([a.status, a.code], [200, 'InternalError'], 'error200'));
    await rule('legacy-error:InvalidAccessKey', (a) => equal([a.status, a.json.errorcode, a.json.HTTPCode], [401, 'InvalidAccessKey', 401], 'legacy'));
    await rule('html:502', (a) => equal([a.status, a.headers['content-type'], a.body.startsWith('<html>')], [502, 'text/html', true], 'html'));
    await rule('garbage', (a) => equal([a.status, a.json], [200, undefined], 'garbage'));
    await rule('empty', (a) => equal([a.status, a.body], [200, ''], 'empty'));
    await rule('status:429', (a) => equal(a.status, 429, 'any action'), '*');
    await withEndpoint(['--rule', 'ReplaceSystemVolume#2-3=status:503', '--rule', '*#5=status:504'], async (e) => {
        const statuses = [];
        for (let i = 0; i < 6; i++) statuses.push((await replace(e, { InstanceId: 'i-nowhere' })).status);
        equal(statuses, [404, 503, 503, 404, 504, 404], 'counting');
        equal((await replace(e, {}, { secret: 'wrong' })).status, 401, 'other');
    });
    await withEndpoint(['--rule', '*=status:500'], async (e) =>
        equal((await replace(e, {}, { secret: 'wrong' })).status, 401, 'a bad signature is told'));
    const raw = path.join(work, 'raw');
    fs.writeFileSync(raw, 'HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\n{}');
    await rule(`raw:${raw}`, (a) => equal(a.body, '{}', 'raw'));
    await withEndpoint(['--rule', `*=raw:${raw};close`], async (e) => {
        const got = await collect(e, list(e));
        equal([got.text, got.end], [fs.readFileSync(raw, 'latin1'), 'end'], 'raw and close');
    });
});

test('rules about the form of the answer', async () => {
    const rule = (behaviours, check) =>
        withEndpoint(['--rule', `*=${behaviours}`], async (e) => {
            const c = await Connection.open(e);
            const begun = Date.now();
            const answer = await c.send(list(e));
            check(answer, c, Date.now() - begun);
            equal(answer.result?.Instances?.[0]?.InstanceId, 'i-demo0running0000001', `${behaviours}: still the answer`);
            c.socket.destroy();
        });
    await rule('chunked', (a) => equal([a.headers['transfer-encoding'], a.headers['content-length']], ['chunked', undefined], 'chunked'));
    await rule('chunk-extras', (a, c) => truly(c.bytes.includes(';part=') && c.bytes.includes('X-Checksum'), 'extras'));
    await rule('until-close', (a, c) => equal([a.headers['content-length'], c.end], [undefined, 'end'], 'until-close'));
    await rule('gzip-header', (a) => equal(a.headers['content-encoding'], 'gzip', 'gzip'));
    await rule('continue', (a) => equal(a.interim, [100, 103], 'interim'));
    await rule('big:100000', (a) => truly(a.body.length > 100000, 'big'));
    await rule('big:3000000', (a) => truly(a.body.length > 3000000, 'very big'));
    await rule('date-offset-s:-3600', (a) => truly(Math.abs(Date.parse(a.headers.date) - Date.now() + 3600000) < 5000, 'date'));
    await rule('no-date', (a) => equal(a.headers.date, undefined, 'no date'));
    await rule('delay-ms:200', (a, c, ms) => truly(ms >= 195, `delay: ${ms}`));
    await rule('chunked;trickle-ms:1', (a, c, ms) => truly(ms > 500, `trickle: ${ms}`));
});

test('rules that break the connection', async () => {
    const rule = async (behaviours, ms, check) => {
        for (const version of ['1.2', '1.3'])
            await withEndpoint(['--tls', version, '--rule', `*=${behaviours}`], async (e) => check(await collect(e, list(e), ms), e));
    };
    await rule('drop', 0, (got) => equal([got.text, got.end], ['', 'end'], 'drop'));
    await rule('cut-request:10', 0, (got, e) => {
        equal([got.text, got.end], ['', 'end'], 'cut-request');
        equal(e.journal('request')[0].status, 0, 'journal');
    });
    await rule('cut-request:99999', 0, (got) => equal([got.text, got.end], ['', 'end'], 'cut-request beyond the end'));
    await rule('cut-answer:100', 0, (got) => equal(got.bytes.length, 100, 'cut-answer'));
    await rule('cut-answer-notify:100', 0, (got) => equal([got.bytes.length, got.end], [100, 'end'], 'cut-answer-notify'));
    await rule('reset-answer:100', 0, (got) => truly(got.bytes.length <= 100, 'reset-answer'));
    await rule('stall-answer:100', 300, (got) => equal([got.bytes.length, got.end], [100, null], 'stall-answer'));
    await rule('close', 0, (got) => equal([got.answer.status, got.answer.headers.connection, got.end], [200, 'close', 'end'], 'close'));
    await rule('shut-write', 0, (got) => equal([got.answer.status, got.end], [200, 'end'], 'shut-write'));
    await rule('close;no-close-notify', 0, (got) => equal(got.answer.status, 200, 'no-close-notify'));
    const books = await withEndpoint(['--rule', 'ReplaceSystemVolume=execute;drop'], async (e) => {
        equal((await collect(e, build(e, 'ReplaceSystemVolume', stopped))).text, '', 'execute;drop');
    });
    equal(books.replacements, 1, 'executed although dropped');
});

// What goes over the wire itself: a relay between client and endpoint that keeps all that the endpoint
// sends, and how it ends. Node's TLS does not tell close_notify from FIN, nor always FIN from reset.
async function overheard(endpoint, request) {
    const seen = { bytes: Buffer.alloc(0), end: null };
    let over;
    const farClosed = new Promise((done) => (over = done));
    const relay = net.createServer((near) => {
        const far = net.connect(endpoint.port, '127.0.0.1');
        near.on('data', (d) => far.write(d)).on('error', () => {}).on('close', () => far.end());
        far.on('data', (d) => ((seen.bytes = Buffer.concat([seen.bytes, d])), near.write(d)));
        far.on('end', () => (seen.end ??= 'end')).on('error', (error) => (seen.end ??= error.code));
        far.on('close', () => (near.destroy(), over()));
    });
    await new Promise((done) => relay.listen(0, '127.0.0.1', done));
    const socket = tls.connect({ port: relay.address().port, host: '127.0.0.1', servername: 'localhost', ca: endpoint.ca });
    socket.on('error', () => {}).on('secureConnect', () => socket.write(request)).resume();
    await farClosed;
    socket.destroy();
    relay.close();
    for (let at = 0; at + 5 <= seen.bytes.length; at += 5 + seen.bytes.readUInt16BE(at + 3)) seen.lastRecord = seen.bytes[at];
    return seen;
}

test('how a connection ends on the wire', async () => {
    const wire = async (behaviours, record, end) => {
        await withEndpoint(['--tls', '1.2', '--rule', `*=${behaviours}`], async (e) => {
            const seen = await overheard(e, list(e));
            equal([seen.lastRecord, seen.end], [record, end], behaviours);
        });
    };
    const [alert, data] = [21, 23];
    await wire('close', alert, 'end');
    await wire('close;no-close-notify', data, 'end');
    await wire('cut-answer:50', data, 'end');
    await wire('cut-answer-notify:50', alert, 'end');
    await wire('until-close;no-close-notify', data, 'end');
    await wire('reset-answer:50', data, 'ECONNRESET');
    await withEndpoint(['--cut-record-bytes', '700'], async (e) => {
        const seen = await overheard(e, list(e));
        equal([seen.bytes.length, seen.end], [700, 'end'], '--cut-record-bytes');
    });
    for (const [how, record, end] of [['notify', alert, 'end'], ['fin', data, 'end'], ['reset', data, 'ECONNRESET']])
        await withEndpoint(['--tls', '1.2', '--close-idle-ms', '100', '--close-idle-how', how], async (e) => {
            const seen = await overheard(e, list(e));
            equal([seen.lastRecord, seen.end], [record, end], `--close-idle-how ${how}`);
        });
});

test('connections', async () => {
    await withEndpoint([], async (e) => {
        const c = await Connection.open(e);
        for (let i = 0; i < 3; i++) equal((await c.send(list(e))).status, 200, 'kept alive');
        c.bytes = Buffer.alloc(0);
        c.socket.write(list(e) + list(e));
        await c.until(() => c.bytes.toString().split('HTTP/1.1 200').length === 3, 'two answers to two requests in one write');
        for (const byte of list(e)) c.socket.write(byte);
        await c.until(() => c.bytes.toString().split('HTTP/1.1 200').length === 4, 'an answer to a request in single bytes');
        c.socket.destroy();
        equal(e.journal('request').map((l) => [l.connection, l.request_on_connection]), [1, 2, 3, 4, 5, 6].map((n) => [1, n]), 'journal');
    });
    await withEndpoint(['--close-idle-ms', '100'], async (e) => {
        const c = await Connection.open(e);
        equal((await c.send(list(e))).status, 200, 'first');
        await c.until(() => c.end === 'end', 'the close of an idle connection', 2000);
        c.socket.destroy();
    });
    await withEndpoint(['--close-after-answer'], async (e) => {
        const got = await collect(e, list(e));
        equal([got.answer.headers.connection, got.end], ['close', 'end'], 'close after answer');
    });
    await withEndpoint(['--refuse-connections', '2'], async (e) => {
        for (let i = 0; i < 2; i++) truly(await Connection.open(e).then(() => false, () => true), 'refused');
        equal((await call(e, 'DescribeInstances', {})).status, 200, 'the third');
    });
    await withEndpoint(['--tls-stall', '1'], async (e) => {
        const c = tls.connect({ port: e.port, host: '127.0.0.1', ca: e.ca, servername: 'localhost' });
        let open = false;
        c.on('secureConnect', () => (open = true)).on('error', () => {});
        equal((await call(e, 'DescribeInstances', {})).status, 200, 'the second');
        equal(open, false, 'the first');
        c.destroy();
    });
    await withEndpoint(['--listen', '::1'], async (e) =>
        equal((await call(e, 'DescribeInstances', {}, { host: `[::1]:${e.port}`, tls: { host: '::1', servername: '' } })).status, 200, 'IPv6'));
});

test('commands, and a clock that stands still', async () => {
    const socket = path.join(work, 'control');
    await withEndpoint(['--control-socket', socket, '--stopped-clock', '--delay-ms', '600000'], async (e) => {
        const control = net.connect(socket);
        const lines = [];
        let rest = '';
        control.on('data', (d) => {
            const parts = (rest + d).split('\n');
            rest = parts.pop();
            for (const line of parts) lines.shift()?.(line);
        });
        const tell = (...commands) => {
            const answers = Promise.all(commands.map(() => new Promise((done) => lines.push(done))));
            control.write(commands.map((c) => `${c}\n`).join(''));
            return answers;
        };
        const now = async (ms) => (await tell(`time ${ms ?? ''}`.trim()))[0].split(' ').map(Number);
        const books = async () => JSON.parse((await tell(`books ${stopped.InstanceId}`))[0])[stopped.InstanceId];
        const [start, utc] = await now();
        // What this test signs has this machine's date, so the endpoint's clock must not get far from it.
        equal(await now(start), [start, utc], 'it stands still');
        await code(replace(e, {}), '', 'a replacement', 200);
        equal((await describe(e)).Status, 'REBUILDING', 'at once');
        equal(await now(start + 599000), [start + 599000, utc + 599], 'not yet');
        equal((await describe(e)).Status, 'REBUILDING', 'not yet');
        equal(await now(start + 800000), [start + 600000, utc + 600], 'time passes until something happens');
        equal((await describe(e)).Status, 'RUNNING', 'then');
        equal([(await books()).replacements, (await books()).accepted], [1, 1], 'books');
        equal(await tell(`touch ${stopped.InstanceId}`, `hide ${stopped.InstanceId}`), ['ok', 'ok'], 'two commands');
        equal(await describe(e), undefined, 'hidden');
        equal(await tell(`show ${stopped.InstanceId}`, `stop ${stopped.InstanceId}`), ['ok', 'ok'], 'shown, stopped');
        equal((await describe(e)).Status, 'STOPPING', 'stopped by somebody else');
        equal(await tell(`reset ${stopped.InstanceId}`), ['ok'], 'reset');
        equal([(await describe(e)).Status, (await books()).replacements], ['STOPPED', 0], 'as at the start');
        await tell(`start ${stopped.InstanceId}`);
        equal((await describe(e)).Status, 'STARTING', 'started by somebody else');
        await tell('no-rules', 'rule ReplaceSystemVolume#1=pretend', 'rule ReplaceSystemVolume#2=status:500');
        await code(replace(e, {}), '', 'pretended', 200);
        equal((await replace(e, {})).status, 500, 'the second rule');
        await tell('no-rules', 'rule ReplaceSystemVolume#1=status:503');
        equal((await replace(e, {})).status, 503, 'counted anew');
        equal((await books()).replacements, 0, 'nothing was done');
        await tell(`delete ${stopped.InstanceId}`);
        equal((await describe(e)).Status, 'DELETING', 'deleted');
        for (let i = 0; i < 5; i++) await now(start + 7200000);
        equal((await tell(`start ${stopped.InstanceId}`, 'nonsense', 'time x')).map((l) => l.split(':')[0]), ['error', 'error', 'error'], 'wrong commands');
        control.destroy();
    });
});

test('many connections at once', () =>
    withEndpoint(['--generate-instances', '500', '--generate-status', 'STOPPED', '--delay-ms', '100'], async (e) => {
        const open = await Promise.all(Array.from({ length: 500 }, () => Connection.open(e)));
        const answers = await Promise.all(open.map((c, i) =>
            c.send(build(e, 'ReplaceSystemVolume', { ...stopped, InstanceId: `i-fleet${String(i).padStart(5, '0')}` }))));
        equal(answers.filter((a) => a.status === 200).length, 500, 'answers');
        open.forEach((c) => c.socket.destroy());
        e.process.kill('SIGUSR1');
        for (let i = 0; i < 100 && !fs.existsSync(e.files.books); i++) await sleep(20);
        equal(JSON.parse(fs.readFileSync(e.files.books)).replacements, 500, 'books on SIGUSR1');
    }));

test('wrong arguments and files are told', async () => {
    const fails = async (options, text) => {
        const child = spawn(binary, ['--ca-file', path.join(work, 'unused'), ...options]);
        let errors = '';
        child.stderr.on('data', (d) => (errors += d));
        const status = await new Promise((done) => child.on('close', done));
        equal(status, 2, `${options}: status`);
        truly(errors.includes(text), `${options}: ${errors}`);
    };
    const fixture = (content) => {
        const file = path.join(work, 'wrong.ini');
        fs.writeFileSync(file, content);
        return ['--fixture', file];
    };
    await fails(['--nonsense'], 'no option');
    await fails(['--port'], 'wants an argument');
    await fails(['--port', 'x'], 'wants a number');
    await fails(['--tls', '1.1'], 'wants one of both|1.2|1.3');
    await fails(['--access-key-id', 'x'], 'AK=SK');
    await fails(['--listen', 'here'], 'IPv4 or IPv6');
    await fails(['--stopped-clock'], '--control-socket');
    for (const list of ['', 'RUNNING:1', 'RUNNING,STOPPED', 'NOTHING', 'RUNNING:x,STOPPED'])
        await fails(['--replacement-shows', list], 'STATUS:MS');
    for (const rule of ['x', 'A#0=drop', 'A#2-1=drop', 'A=nonsense', 'A=drop;status:500', 'A=status:99', 'A=error:Nothing', 'A=drop:1', 'A=status', 'A=cut-answer:1;stall-answer:2', 'A=execute;cut-request:3', 'A=chunked;until-close', 'A=raw:/nowhere'])
        await fails(['--rule', rule], 'rule');
    await fails(fixture('[image image-a]\ncolour = red\n'), 'line 2');
    await fails(fixture('[instance i-a]\nimage = image-b\n'), 'image-b');
    await fails(fixture('[instance i-a]\n'), 'no image');
    await fails(fixture('[image image-a]\n[image image-a]\n'), 'two sections');
    await fails(fixture('name = x\n'), 'line 1');
    await fails(['--fixture', '/nowhere'], 'cannot read');
});

test('it ends with its parent, and works without a fixture', async () => {
    const ready = path.join(work, 'orphan');
    const shell = spawn('sh', ['-c', `"${binary}" --ca-file "${ready}.pem" --ready-file "${ready}" --parent-pid-exit & echo $!; while [ ! -f "${ready}" ]; do sleep 0.1; done`]);
    let pid = '';
    shell.stdout.on('data', (d) => (pid += d));
    await new Promise((done) => shell.on('exit', done));
    truly(fs.existsSync(ready), 'it was ready');
    for (let i = 0; i < 500; i++) {
        await sleep(20);
        try {
            process.kill(Number(pid.split('\n')[0]), 0);
        } catch {
            return;
        }
    }
    throw new Error('it is still there');
});

for (const [name, run] of cases) {
    if (!name.includes(only)) continue;
    try {
        await run();
        passed++;
    } catch (error) {
        failed++;
        console.log(`FAILED: ${name}\n    ${error.stack.split('\n').slice(0, 6).join('\n    ')}`);
    }
}
fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
