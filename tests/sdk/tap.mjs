// A test program of a few lines: tests run in their order, the output is TAP.

const tests = [];

export const test = (name, run) => tests.push([name, run]);

// A test fails when it throws. Ends with the number of those that did.
export async function run() {
    let failed = 0;
    console.log(`1..${tests.length}`);
    for (const [number, [name, run]] of tests.entries()) {
        try {
            await run();
            console.log(`ok ${number + 1} - ${name}`);
        } catch (error) {
            failed++;
            console.log(`not ok ${number + 1} - ${name}`);
            console.log(String(error.stack ?? error).replace(/^/gm, '# '));
        }
    }
    process.exitCode = Math.min(failed, 100);
}
