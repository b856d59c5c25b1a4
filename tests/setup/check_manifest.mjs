// check_manifest.mjs TOOL: examples/kubernetes-job.yaml is well-formed YAML, its parts fit together and
// to what README.md says of exit statuses, and the tool takes the command line that it has. Whether a
// cluster takes it is not tried here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Beside the SDK's tests, where npm has put it.
const { parseAllDocuments } = createRequire(new URL("../sdk/package.json", import.meta.url))("yaml");

const documents = parseAllDocuments(readFileSync("examples/kubernetes-job.yaml", "utf8"), { strict: true, uniqueKeys: true });
for (const document of documents) {
    assert.deepEqual([...document.errors, ...document.warnings], []);
}
const [claim, list, job] = documents.map((document) => document.toJS());
assert.deepEqual([claim.kind, list.kind, job.kind], ["PersistentVolumeClaim", "ConfigMap", "Job"]);

// One index for each instance.
const spec = job.spec;
const instances = list.data.instances.split("\n").map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
assert.equal(spec.completionMode, "Indexed");
assert.equal(spec.completions, instances.length);

// One pod of an index at a time, and every exit status but 0 has one rule.
assert.equal(spec.podReplacementPolicy, "Failed");
assert.ok(spec.backoffLimitPerIndex > 0);
assert.equal(spec.ttlSecondsAfterFinished, undefined);
const statuses = (action) => spec.podFailurePolicy.rules.filter((rule) => rule.action === action && rule.onExitCodes)
    .flatMap((rule) => rule.onExitCodes.values);
assert.deepEqual(statuses("FailIndex"), [1, 2, 4, 6]);
assert.deepEqual(statuses("Count"), [3, 5]);
assert.equal(spec.podFailurePolicy.rules[0].onPodConditions[0].type, "DisruptionTarget");

const pod = spec.template.spec;
const [container] = pod.containers;
assert.equal(pod.restartPolicy, "Never");
assert.equal(pod.automountServiceAccountToken, false);
assert.equal(pod.securityContext.runAsNonRoot, true);
assert.equal(container.securityContext.readOnlyRootFilesystem, true);
for (const rule of spec.podFailurePolicy.rules.filter((rule) => rule.onExitCodes)) {
    assert.equal(rule.onExitCodes.containerName, container.name);
}

// What is mounted is there, under the names that are used.
const volume = (name) => pod.volumes.find((candidate) => candidate.name === name);
assert.deepEqual(container.volumeMounts.map((mount) => mount.name).sort(), pod.volumes.map((one) => one.name).sort());
assert.equal(volume("state").persistentVolumeClaim.claimName, claim.metadata.name);
assert.equal(volume("fleet").configMap.name, list.metadata.name);
assert.equal(volume("password").secret.defaultMode, 0o440);
const field = (name) => container.env.find((one) => one.name === name).valueFrom.fieldRef.fieldPath;
assert.equal(field("JOB_UID"), "metadata.labels['batch.kubernetes.io/controller-uid']");
assert.equal(field("INDEX"), "metadata.annotations['batch.kubernetes.io/job-completion-index']");

// The tool takes the arguments as they are, and ends with 3 because it has no credentials here.
const folder = mkdtempSync(join(tmpdir(), "manifest-"));
try {
    writeFileSync(join(folder, "instances"), list.data.instances);
    writeFileSync(join(folder, "password"), "Very-Secret-1\n", { mode: 0o600 });
    for (let index = 0; index < instances.length; index++) {
        const args = container.args.map((argument) => argument
            .replace("$(INDEX)", String(index)).replace("$(JOB_UID)", "6f1c0f2e-6a0e-4d0c-8a52-2f0e7f3b9c11")
            .replace("=/fleet/", `=${folder}/`).replace("=/password/", `=${folder}/`).replace("=/state/", `=${folder}/`));
        const ran = spawnSync(process.argv[2], args, { env: { HOME: folder }, encoding: "utf8" });
        assert.equal(ran.status, 3, ran.stderr);
        assert.equal(JSON.parse(ran.stdout).instance_id, instances[index]);
        assert.match(ran.stderr, /credentials/);
    }
} finally {
    rmSync(folder, { recursive: true });
}
