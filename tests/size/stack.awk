# stack.awk FILE.ci: the deepest chain of calls in what gcc -fcallgraph-info=su wrote, in bytes of stack
#
# Prints the bytes, then the chain. Functions of other files and calls through pointers (a caller's
# callbacks, but also the few of the core's own) cost nothing here. Recursion and frames of no fixed
# size are errors: no bound could be given.
function quoted(line, key) {
    sub(".*" key ": \"", "", line)
    sub("\".*", "", line)
    return line
}

# Leaves the result in depth[f], and in next_of[f] the callee that it comes from.
function visit(f,    i, n, callees, best) {
    if (f in depth) {
        if (depth[f] < 0) fail("recursion through " name[f])
        return
    }
    depth[f] = -1
    n = split(calls[f], callees, "\n")
    for (i = 1; i <= n; i++) {
        if (callees[i] == "") continue
        visit(callees[i])
        if (depth[callees[i]] > best) {
            best = depth[callees[i]]
            next_of[f] = callees[i]
        }
    }
    depth[f] = frame[f] + best
}

function fail(text) {
    print "stack.awk: " text >"/dev/stderr"
    failed = 1
    exit 1
}

/^node:/ {
    f = quoted($0, "title")
    split(quoted($0, "label"), label, "\\\\n")
    name[f] = label[1]
    if (label[3] ~ /^[0-9]+ bytes/) frame[f] = label[3] + 0
    if (label[3] ~ /dynamic/ && label[3] !~ /bounded/) fail(label[1] " has a frame of no fixed size")
}

/^edge:/ {
    f = quoted($0, "sourcename")
    calls[f] = calls[f] "\n" quoted($0, "targetname")
}

END {
    if (failed) exit 1
    for (f in name) {
        visit(f)
        if (depth[f] > depth[deepest] || deepest == "") deepest = f
    }
    if (failed) exit 1
    chain = name[deepest] " " frame[deepest] + 0
    for (f = next_of[deepest]; f in name && depth[f]; f = next_of[f]) chain = chain " > " name[f] " " frame[f]
    print depth[deepest]
    print chain
}
