// The vendor's SDK as a client of the local endpoint: what the SDK sends has to pass there, or the
// endpoint is not the service that it plays.
//
// RV_ENDPOINT: the endpoint's program. The tests run in a second process, since Node reads
// NODE_EXTRA_CA_CERTS only once, at its start.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, test } from './tap.mjs';

const self = fileURLToPath(import.meta.url);
const fixture = path.join(path.dirname(self), '../endpoint/fixture.ini');
const program = process.env.RV_ENDPOINT ?? 'build/system/endpoint';
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// --- The endpoint --------------------------------------------------------------------------------

const key = { accessKeyId: 'AKLTsdk', secretKey: 'c2RrLXRlc3Qtc2VjcmV0' };
const temporary = { accessKeyId: 'AKTPsdk', secretKey: 'c2RrLXRlbXBvcmFyeQ==', sessionToken: 'STS.sdk/token+with=chars' };

const filesIn = (folder) =>
    Object.fromEntries(['ca.pem', 'port', 'journal', 'books', 'log'].map((name) => [name, path.join(folder, name)]));

async function startEndpoint(folder) {
    const files = filesIn(folder);
    const log = fs.openSync(files.log, 'w');
    const child = spawn(
        program,
        [
            '--fixture', fixture, '--ca-file', files['ca.pem'], '--ready-file', files.port, '--journal', files.journal,
            '--books', files.books, '--delay-ms', '10', '--parent-pid-exit', '--unsigned-host',
            '--access-key-id', `${key.accessKeyId}=${key.secretKey}`,
            '--access-key-id', `${temporary.accessKeyId}=${temporary.secretKey}=${temporary.sessionToken}`,
        ],
        { stdio: ['ignore', log, log] },
    );
    let end;
    child.on('error', (error) => (end = error));
    child.on('exit', (code) => (end ??= `status ${code}`));
    for (let tries = 0; !fs.existsSync(files.port) || fs.statSync(files.port).size === 0; tries++) {
        if (end !== undefined || tries === 1000) {
            throw new Error(`${program} did not start: ${end ?? 'no answer'}\n${fs.readFileSync(files.log)}`);
        }
        await sleep(10);
    }
    return child;
}

async function runTestsInSecondProcess() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sdk-client-'));
    let endpoint;
    try {
        endpoint = await startEndpoint(folder);
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: filesIn(folder)['ca.pem'], SDK_CLIENT_FOLDER: folder };
        // What belongs to a real account or a proxy must not get into this.
        for (const name of Object.keys(env)) if (/^volc|_proxy$/i.test(name)) delete env[name];
        const tests = spawn(process.execPath, [self], { env, stdio: 'inherit' });
        process.exitCode = await new Promise((done) => tests.on('exit', (code) => done(code ?? 1)));
    } finally {
        if (endpoint) {
            const ended = new Promise((done) => endpoint.on('exit', done));
            endpoint.kill('SIGTERM');
            await (endpoint.exitCode ?? endpoint.signalCode ?? ended);
        }
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

// --- The client ----------------------------------------------------------------------------------

const folder = process.env.SDK_CLIENT_FOLDER;

function makeService(options = {}) {
    const { Service } = createRequire(import.meta.url)('@volcengine/openapi');
    return new Service({
        host: `localhost:${fs.readFileSync(filesIn(folder).port, 'utf8').trim()}`,
        protocol: 'https:',
        region: 'cn-beijing',
        serviceName: 'ecs',
        defaultVersion: '2020-04-01',
        ...key,
        ...options,
    });
}

const call = (Action, query = {}, options = {}) => makeService(options).fetchOpenAPI({ Action, query });
const post = (Action, parameters = {}, options = {}) => makeService(options).createUrlEncodeAPI(Action)(parameters);

const journal = (event, filter = () => true) =>
    fs.readFileSync(filesIn(folder).journal, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
        .filter((entry) => entry.event === event && filter(entry));
const replacements = (instance) => journal('replaced', (entry) => entry.instance_id === instance).length;

const stopped = 'i-demo0stopped0000001';
const running = 'i-demo0running0000001';
const replacement = { InstanceId: stopped, ImageId: 'image-debian12', Password: 'Password@123' };

function expectAccepted(answer, action) {
    assert.equal(answer.ResponseMetadata.Error, undefined, JSON.stringify(answer));
    assert.equal(answer.ResponseMetadata.Action, action);
    assert.equal(answer.ResponseMetadata.Version, '2020-04-01');
    assert.equal(answer.ResponseMetadata.Service, 'ecs');
    assert.equal(answer.ResponseMetadata.Region, 'cn-beijing');
    assert.match(answer.ResponseMetadata.RequestId, /./);
}

function expectRefused(answer, code) {
    assert.equal(answer.ResponseMetadata?.Error?.Code, code, JSON.stringify(answer));
    assert.match(answer.ResponseMetadata.Error.Message, /./);
}

async function instance(id) {
    const answer = await call('DescribeInstances', { 'InstanceIds.1': id });
    expectAccepted(answer, 'DescribeInstances');
    assert.equal(answer.Result.Instances.length, 1);
    return answer.Result.Instances[0];
}

async function untilStatus(id, status) {
    for (let tries = 0; tries < 500; tries++) {
        const found = await instance(id);
        if (found.Status === status) return found;
        await sleep(10);
    }
    throw new Error(`${id} is not ${status} after 5 s`);
}

// --- Tests ---------------------------------------------------------------------------------------

test('DescribeInstances shows an instance', async () => {
    const found = await instance(stopped);
    assert.equal(found.InstanceId, stopped);
    assert.equal(found.Status, 'STOPPED');
});

test('DescribeInstances pages through all instances', async () => {
    const ids = [];
    let next = '';
    do {
        const answer = await call('DescribeInstances', { MaxResults: 5, NextToken: next });
        expectAccepted(answer, 'DescribeInstances');
        ids.push(...answer.Result.Instances.map((i) => i.InstanceId));
        next = answer.Result.NextToken;
    } while (next);
    assert.ok(ids.includes(stopped) && ids.includes(running));
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.length > 5);
});

test('DescribeImages and DescribeKeyPairs answer', async () => {
    const images = await call('DescribeImages', { 'ImageIds.1': 'image-debian12' });
    expectAccepted(images, 'DescribeImages');
    assert.equal(images.Result.Images[0].ImageId, 'image-debian12');
    const pairs = await call('DescribeKeyPairs', { 'KeyPairNames.1': 'kp-demo' });
    expectAccepted(pairs, 'DescribeKeyPairs');
    assert.equal(pairs.Result.KeyPairs[0].KeyPairName, 'kp-demo');
});

test('a DryRun that passes is the error DryRunOperation, and replaces nothing', async () => {
    expectRefused(await call('ReplaceSystemVolume', { ...replacement, DryRun: true }), 'DryRunOperation');
    assert.equal(replacements(stopped), 0);
});

// The SDK signs every reserved character as %XX, but what it sends is made by other functions: its
// query keeps !()* as they are, its form keeps * and encodes ~. A service that decodes before it
// compares would not care; this endpoint wants on the wire what was signed, and says so.
const special = '`~!@#$%^&*()_-+=|{}[]:;\'<>,.?/';
const withPassword = (password) => ({ ...replacement, Password: password, DryRun: true });

test('passwords pass by GET with each character that the SDK sends as it signs', async () => {
    for (const c of special) {
        const code = '!()*'.includes(c) ? 'InvalidParameter' : 'DryRunOperation';
        expectRefused(await call('ReplaceSystemVolume', withPassword(`Passw0rd${c}`)), code);
    }
});

test('passwords pass by POST with each character that the SDK sends as it signs', async () => {
    for (const c of special) {
        const code = '*~'.includes(c) ? 'InvalidParameter' : 'DryRunOperation';
        expectRefused(await post('ReplaceSystemVolume', withPassword(`Passw0rd${c}`)), code);
    }
});

test('passwords with a character that is not documented are refused by GET and by POST', async () => {
    for (const c of ['"', '\\', 'ö']) {
        expectRefused(await call('ReplaceSystemVolume', withPassword(`Passw0rd${c}`)), 'InvalidPassword.Malformed');
        expectRefused(await post('ReplaceSystemVolume', withPassword(`Passw0rd${c}`)), 'InvalidPassword.Malformed');
    }
});

test('UserData passes by GET and by POST', async () => {
    const data = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) & 255)).toString('base64');
    const parameters = { ...replacement, UserData: data, DryRun: true };
    expectRefused(await call('ReplaceSystemVolume', parameters), 'DryRunOperation');
    expectRefused(await post('ReplaceSystemVolume', parameters), 'DryRunOperation');
});

const without = (name) => Object.fromEntries(Object.entries(replacement).filter(([key]) => key !== name));
for (const [why, parameters, code] of [
    ['an unknown instance', { ...replacement, InstanceId: 'i-nowhere' }, 'InvalidInstance.NotFound'],
    ['an unknown image', { ...replacement, ImageId: 'image-nowhere' }, 'InvalidImage.NotFound'],
    ['no instance', without('InstanceId'), 'MissingParameter.InstanceId'],
    ['no image', without('ImageId'), 'MissingParameter.ImageId'],
    ['no credential', without('Password'), 'MissingParameter.PasswordAndKeyPair'],
    ['a short password', { ...replacement, Password: 'short' }, 'InvalidPassword.Malformed'],
    ['an expired instance', { ...replacement, InstanceId: 'i-expired00000000001' }, 'InvalidInstance.Expired'],
    ['a locked instance', { ...replacement, InstanceId: 'i-locked000000000001' }, 'OperationDenied.ResourceLocked'],
    ['a running instance', { ...replacement, InstanceId: running }, 'InvalidInstanceStatus'],
]) {
    test(`${why} is refused with ${code}`, async () => {
        const before = journal('replaced').length;
        expectRefused(await call('ReplaceSystemVolume', parameters), code);
        assert.equal(journal('replaced').length, before);
    });
}

test('ReplaceSystemVolume passes, and the instance comes up with the new image', async () => {
    const answer = await call('ReplaceSystemVolume', { ...replacement, ImageId: 'image-ubuntu2204', ClientToken: 'sdk-1' });
    expectAccepted(answer, 'ReplaceSystemVolume');
    assert.deepEqual(answer.Result, {});
    assert.equal((await untilStatus(stopped, 'RUNNING')).ImageId, 'image-ubuntu2204');
    assert.equal(replacements(stopped), 1);
    const [request] = journal('request', (entry) => entry.client_token === 'sdk-1');
    assert.equal(request.method, 'GET');
    assert.equal(request.password_set, true);
});

test('the same ClientToken replaces once', async () => {
    const again = await call('ReplaceSystemVolume', { ...replacement, ImageId: 'image-ubuntu2204', ClientToken: 'sdk-1' });
    expectAccepted(again, 'ReplaceSystemVolume');
    const other = await call('ReplaceSystemVolume', { ...replacement, ClientToken: 'sdk-1' });
    expectRefused(other, 'IdempotentParameterMismatch');
    assert.equal(replacements(stopped), 1);
});

test('StopInstance passes, and the instance may be replaced again', async () => {
    expectAccepted(await call('StopInstance', { InstanceId: stopped, StoppedMode: 'KeepCharging' }), 'StopInstance');
    await untilStatus(stopped, 'STOPPED');
});

test('ReplaceSystemVolume passes as a form POST too', async () => {
    const answer = await post('ReplaceSystemVolume', { ...replacement, ClientToken: 'sdk-2', Size: 60 });
    expectAccepted(answer, 'ReplaceSystemVolume');
    assert.equal((await untilStatus(stopped, 'RUNNING')).ImageId, 'image-debian12');
    assert.equal(replacements(stopped), 2);
    const [request] = journal('request', (entry) => entry.client_token === 'sdk-2');
    assert.equal(request.method, 'POST');
    assert.equal(request.password_set, true);
});

test('temporary credentials pass with their session token', async () => {
    expectAccepted(await call('DescribeInstances', {}, temporary), 'DescribeInstances');
    assert.equal(journal('request', (entry) => entry.access_key_id === temporary.accessKeyId).length, 1);
});

test('temporary credentials are refused with another session token, and without one', async () => {
    const other = await call('DescribeInstances', {}, { ...temporary, sessionToken: 'STS.other' });
    expectRefused(other, 'InvalidSecretToken');
    const none = await call('DescribeInstances', {}, { ...temporary, sessionToken: undefined });
    assert.notEqual(none.ResponseMetadata.Error, undefined);
});

test('an action that is not known is refused', async () => {
    expectRefused(await call('ReplaceEverything'), 'InvalidActionOrVersion');
});

test('a wrong secret is refused', async () => {
    expectRefused(await call('DescribeInstances', {}, { secretKey: 'd3Jvbmc=' }), 'SignatureDoesNotMatch');
});

test('an access key that is not known is refused', async () => {
    expectRefused(await call('DescribeInstances', {}, { accessKeyId: 'AKLTnobody' }), 'InvalidAccessKey');
});

test('another region is refused', async () => {
    const answer = await call('DescribeInstances', {}, { region: 'cn-shanghai' });
    assert.match(answer.ResponseMetadata.Error?.Code ?? '', /^(SignatureDoesNotMatch|InvalidCredential)$/);
});

test('without the CA the SDK does not talk to the endpoint', () => {
    const script = `
        const { Service } = require('@volcengine/openapi');
        new Service({ host: ${JSON.stringify(makeService().options.host)}, serviceName: 'ecs', accessKeyId: 'a', secretKey: 'b' })
            .fetchOpenAPI({ Action: 'DescribeInstances' })
            .then(() => console.log('talked'), (error) => console.log(error.code));`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };
    const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: path.dirname(self), env, encoding: 'utf8' });
    assert.match(stdout, /UNABLE_TO_VERIFY|CERT/);
});

await (folder ? run() : runTestsInSecondProcess());
