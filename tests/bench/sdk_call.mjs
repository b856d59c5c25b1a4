// sdk_call.mjs PORT: one ReplaceSystemVolume with DryRun through the vendor's SDK for Node; 0 if the check passed
import { createRequire } from 'node:module';

const require = createRequire(new URL('../sdk/', import.meta.url));
const { Service } = require('@volcengine/openapi');

const service = new Service({
    host: `localhost:${process.argv[2]}`,
    serviceName: 'ecs',
    region: 'cn-beijing',
    defaultVersion: '2020-04-01',
    accessKeyId: process.env.VOLCENGINE_ACCESS_KEY,
    secretKey: process.env.VOLCENGINE_SECRET_KEY,
    protocol: 'https:',
});
const answer = await service.fetchOpenAPI({
    Action: 'ReplaceSystemVolume',
    query: { InstanceId: 'i-demo0stopped0000001', ImageId: 'image-debian12', KeyPairName: 'kp-demo', DryRun: 'true' },
});
const code = answer.ResponseMetadata?.Error?.Code;
if (code !== 'DryRunOperation') {
    console.error(code ?? answer);
    process.exitCode = 1;
}
