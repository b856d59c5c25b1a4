// The vendor's Signer and the core must sign the same requests alike.
//
// RV_BUILD: the folder with tests/sdk/sign, which makes the core's requests; RV_SEED: of the random
// parameter sets, to repeat a run that has failed.
//
// What the Signer does not do by itself is made up for here, with its own functions: it does not
// sign Content-Type, which we do in a POST, and it would sign a hash of the body, which we do not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

import { run, test } from './tap.mjs';

const require = createRequire(import.meta.url);
const { Signer } = require('@volcengine/openapi');
const { queryParamsToString } = require('@volcengine/openapi/lib/base/sign');

// --- The core's requests -------------------------------------------------------------------------

const program = path.join(process.env.RV_BUILD ?? 'build/system', 'tests/sdk/sign');
const hex = (text) => (text === undefined ? '-' : `x${Buffer.from(text).toString('hex')}`);

const orderLine = (o) =>
    [
        o.kind, o.method, o.seconds, hex(o.host), o.port, hex(o.region), hex(o.service), hex(o.action),
        hex(o.version), hex(o.id), hex(o.secret), hex(o.token), ...Object.entries(o.parameters).flat().map(hex),
    ].join(' ');

function parse(bytes) {
    const text = bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const [first, ...fields] = text.slice(0, end).split('\r\n');
    return {
        method: first.split(' ')[0],
        target: first.split(' ')[1],
        headers: Object.fromEntries(fields.map((f) => [f.slice(0, f.indexOf(':')).toLowerCase(), f.slice(f.indexOf(':') + 2)])),
        body: text.slice(end + 4),
    };
}

function requestsOfCore(orders) {
    const input = `${orders.map(orderLine).join('\n')}\n`;
    const { status, stdout, stderr, error } = spawnSync(program, { input, maxBuffer: 1 << 28 });
    assert.equal(status, 0, `${program}: ${error ?? stderr}`);
    const lines = stdout.toString().trimEnd().split('\n');
    assert.equal(lines.length, orders.length);
    return lines.map((line) => {
        assert.match(line, /^[0-9a-f]+$/);
        return parse(Buffer.from(line, 'hex'));
    });
}

// --- The SDK's -----------------------------------------------------------------------------------

function requestOfSdk(o) {
    const names = { Action: o.action, Version: o.version };
    const parameters = { ...o.parameters };
    if ('UserData' in parameters) parameters.UserData = Buffer.from(parameters.UserData).toString('base64');
    const isPost = o.method === 'POST';
    const request = {
        method: o.method,
        region: o.region,
        params: isPost ? names : { ...names, ...parameters },
        headers: { Host: o.port === 443 ? o.host : `${o.host}:${o.port}` },
    };
    const credentials = { accessKeyId: o.id, secretKey: o.secret, sessionToken: o.token };
    const date = new Date(o.seconds * 1000);
    const signer = new Signer(request, o.service);
    let body = '';

    if (isPost) {
        signer.addHeaders(credentials, signer.getDateTime(date));
        request.headers['Content-Type'] = 'application/x-www-form-urlencoded';
        signer.isSignableHeader = () => true;
        request.body = signer.sortParams(parameters);
        body = queryParamsToString(request.body);
        request.headers.Authorization = signer.authorization(credentials, signer.getDateTime(date));
    } else {
        signer.addAuthorization(credentials, date);
    }
    return { target: `/?${queryParamsToString(request.params)}`, headers: request.headers, body };
}

function compare(orders) {
    for (const [i, core] of requestsOfCore(orders).entries()) {
        const o = orders[i];
        const sdk = requestOfSdk(o);
        const which = `set ${i}: ${JSON.stringify(o)}`;
        assert.equal(core.method, o.method, which);
        assert.equal(core.target, sdk.target, which);
        assert.equal(core.body, sdk.body, which);
        assert.equal(core.headers['x-date'], sdk.headers['X-Date'], which);
        assert.equal(core.headers['x-security-token'], sdk.headers['X-Security-Token'], which);
        assert.equal(core.headers.host, sdk.headers.Host, which);
        assert.equal(core.headers.authorization, sdk.headers.Authorization, which);
        assert.match(core.headers.authorization, /, Signature=[0-9a-f]{64}$/);
    }
}

// --- Random parameter sets -----------------------------------------------------------------------

const seed = Number(process.env.RV_SEED ?? Date.now() % 1000000);
console.log(`# RV_SEED=${seed}`);

// mulberry32
let stream = seed >>> 0;
function random(below) {
    stream = (stream + 0x6d2b79f5) >>> 0;
    let t = stream;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
}
const between = (from, to) => from + random(to - from + 1);
const oneOf = (list) => list[random(list.length)];
const repeat = (count, make) => Array.from({ length: count }, make);

const bytesSeen = new Set();
const bytesInUserData = new Set();
const charactersInNames = new Set();

const printable = (min, max) => String.fromCharCode(...repeat(between(min, max), () => between(0x21, 0x7e)));

function codePoint() {
    switch (random(10)) {
        case 0: return between(0x100, 0x7ff);
        case 1: return between(0x800, 0xd7ff);
        case 2: return between(0xe000, 0xffff);
        case 3: return between(0x10000, 0x10ffff);
        default: return between(1, 255);
    }
}

function value(max) {
    const text = String.fromCodePoint(...repeat(random(max + 1), codePoint));
    for (const byte of Buffer.from(text)) bytesSeen.add(byte);
    return text;
}

// Raw, so it can have every byte: the core encodes it by itself, for the SDK it is done in requestOfSdk.
function userData(max) {
    const bytes = Buffer.from(repeat(between(1, max), () => random(256)));
    for (const byte of bytes) bytesInUserData.add(byte);
    return bytes;
}

// Names are printable ASCII; those of digits alone would come in another order out of an object of
// JavaScript, and the reserved ones are refused.
const reserved = new Set([
    'action', 'version', 'instanceid', 'imageid', 'password', 'keypairname', 'keepimagecredential', 'clienttoken',
    'dryrun', 'imagereleaseversion', 'size', 'userdata', '__proto__',
]);
function name() {
    for (;;) {
        const text = oneOf([() => printable(1, 20), () => `${oneOf(['A', 'Tags', 'a', 'Z'])}.${random(30)}`])();
        if (!/^\d+$/.test(text) && !reserved.has(text.toLowerCase())) {
            for (const c of text) charactersInNames.add(c);
            return text;
        }
    }
}
const list = (max) => Object.fromEntries(repeat(random(max + 1), () => [name(), value(40)]));

const common = (method, withToken) => ({
    method,
    seconds: oneOf([() => between(0, 4102444800), () => random(253402300800), () => random(2932896) * 86400 - random(2)])(),
    host: oneOf(['open.volcengineapi.com', 'ecs.cn-beijing.volcengineapi.com', 'localhost', 'x-1.Example']),
    port: oneOf([443, 443, 8443, 1, 65535]),
    region: oneOf(['cn-beijing', 'cn-shanghai', 'ap-southeast-1', printable(1, 30)]),
    id: printable(1, 60),
    secret: printable(1, 100),
    token: withToken ? printable(1, 400) : undefined,
});

function anyAction(method, withToken) {
    const o = {
        ...common(method, withToken),
        kind: 'request',
        service: oneOf(['ecs', 'storage_ebs', 'iam', printable(1, 16)]),
        action: oneOf(['DescribeInstances', printable(1, 40)]),
        version: oneOf(['2020-04-01', printable(1, 20)]),
        parameters: list(12),
    };
    if (random(2)) o.parameters.ClientToken = printable(1, 64);
    o.seconds = Math.max(0, o.seconds);
    return o;
}

const special = '`~!@#$%^&*()_-+=|{}[]:;\'<>,.?/';
const password = () => `Aa1${repeat(between(5, 27), () => special[random(special.length)]).join('')}`;

function replacement(method, withToken) {
    const parameters = { InstanceId: printable(1, 128), ImageId: printable(1, 128), ClientToken: printable(1, 64) };
    const credential = random(4);
    if (credential === 0) parameters.KeepImageCredential = 'true';
    else {
        if (credential !== 1) parameters.Password = password();
        if (credential !== 2) parameters.KeyPairName = printable(1, 128);
        if (random(2)) parameters.KeepImageCredential = 'false';
    }
    if (random(2)) parameters.DryRun = oneOf(['true', 'false']);
    if (random(2)) parameters.ImageReleaseVersion = oneOf(['', '20241115']);
    if (random(2)) parameters.Size = String(between(1, 65536));
    if (random(2)) parameters.UserData = userData(method === 'POST' ? 4000 : 200);
    const o = {
        ...common(method, withToken),
        kind: 'replace',
        service: 'ecs',
        action: 'ReplaceSystemVolume',
        version: '2020-04-01',
        parameters: { ...parameters, ...list(6) },
    };
    o.seconds = Math.max(0, o.seconds);
    return o;
}

// --- Tests ---------------------------------------------------------------------------------------

const plain = {
    kind: 'request', method: 'GET', seconds: 1767323045, host: 'open.volcengineapi.com', port: 443, region: 'cn-beijing',
    service: 'ecs', action: 'DescribeInstances', version: '2020-04-01', id: 'AKLTexample', secret: 'c2VjcmV0RXhhbXBsZS0wMDAx',
    parameters: {},
};

for (const method of ['GET', 'POST']) {
    for (const token of [false, true]) {
        const how = `${method} ${token ? 'with a session token' : 'without a session token'}`;
        test(`60 random parameter sets, any action, by ${how}`, () => compare(repeat(60, () => anyAction(method, token))));
        test(`40 random parameter sets, ReplaceSystemVolume, by ${how}`, () =>
            compare(repeat(40, () => replacement(method, token))));
    }
    test(`all code points from 1 to 255 in one value, by ${method}`, () => {
        const parameters = { A: String.fromCodePoint(...repeat(255, (_, i) => i + 1)) };
        for (const byte of Buffer.from(parameters.A)) bytesSeen.add(byte);
        compare([{ ...plain, method, parameters }]);
    });
    test(`each code point from 1 to 255 as a value, by ${method}`, () =>
        compare(repeat(255, (_, i) => ({ ...plain, method, parameters: { A: String.fromCodePoint(i + 1) } }))));
    test(`each printable character as a name, by ${method}`, () =>
        compare(
            repeat(94, (_, i) => String.fromCharCode(0x21 + i))
                .filter((c) => !/\d/.test(c))
                .map((c) => ({ ...plain, method, parameters: { [c]: 'v', AB: 'v', ab: '' } })),
        ));
    test(`no parameters, by ${method}`, () => compare([{ ...plain, method }]));
}

test('the last second of each day and the first of the next', () =>
    compare([0, 951782400, 1709164800, 1735689600, 4107542400, 253402214400].flatMap((s) =>
        [s - 1, s].filter((t) => t >= 0).map((seconds) => ({ ...plain, seconds })),
    )));

test('a comparison sees a wrong secret, parameter, host, region, time and token', () => {
    const right = { ...plain, token: 'STS.token', parameters: { A: '1' } };
    const [core] = requestsOfCore([right]);
    assert.equal(core.headers.authorization, requestOfSdk(right).headers.Authorization);
    for (const wrong of [
        { secret: 'c2VjcmV0RXhhbXBsZS0wMDAy' }, { parameters: { A: '2' } }, { parameters: { a: '1' } }, { host: 'x' },
        { port: 8443 }, { region: 'cn-shanghai' }, { service: 'iam' }, { seconds: right.seconds + 1 }, { token: 'STS.tokem' },
    ]) {
        const other = requestOfSdk({ ...right, ...wrong }).headers.Authorization;
        assert.notEqual(core.headers.authorization.slice(-64), other.slice(-64), JSON.stringify(wrong));
    }
});

test('the user data had every byte', () => {
    assert.deepEqual(repeat(256, (_, byte) => byte).filter((byte) => !bytesInUserData.has(byte)), []);
});

// Of the texts: C0, C1 and F5 to FF are in no UTF-8, and NUL in no C string.
test('the values had every byte that a text can have', () => {
    const missing = repeat(256, (_, byte) => byte).filter(
        (byte) => byte !== 0 && byte !== 0xc0 && byte !== 0xc1 && byte < 0xf5 && !bytesSeen.has(byte),
    );
    assert.deepEqual(missing, []);
});

test('the names had every printable character', () => {
    const missing = repeat(94, (_, i) => String.fromCharCode(0x21 + i)).filter((c) => !charactersInNames.has(c));
    assert.deepEqual(missing, []);
});

await run();
