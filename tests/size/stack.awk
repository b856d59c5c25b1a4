# stack.awk FILE.ci: the deepest chain of calls in what gcc -fcallgraph-info=su wrote, in bytes of stack
#
# Prints the bytes, then the chain. Functions of other files cost nothing here, but what they call
# back does, if it is of this file: through="CALLED:FUNCTION ..." says so of a function of another
# file, or of a member that points to a function (the call is looked up in the source, which must be
# where the file says). from="FUNCTION ..." begins with these only. Errors, for then there is no
# bound: recursion, a frame of no fixed size, and a static function that nobody calls.
function quoted(line, key) {
    sub(".*" key ": \"", "", line)
    sub("\".*", "", line)
    return line
}

# The name in front of the parenthesis at "FILE:LINE:COLUMN".
function called_at(place,    at, text, line) {
    split(place, at, ":")
    if (!(at[1] in lines_of)) {
        while ((getline text <at[1]) > 0) source[at[1], ++lines_of[at[1]]] = text
        close(at[1])
    }
    line = substr(source[at[1], at[2]], at[3])
    return match(line, /[a-z_]+\(/) ? substr(line, RSTART, RLENGTH - 1) : "?"
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
    sub(/\..*/, "", name[f]) # of a copy that the compiler made
    if (label[3] ~ /^[0-9]+ bytes/) {
        frame[f] = label[3] + 0
        title[name[f]] = f
    }
    if (label[3] ~ /dynamic/ && label[3] !~ /bounded/) fail(label[1] " has a frame of no fixed size")
}

/^edge:/ {
    f = quoted($0, "sourcename")
    target = quoted($0, "targetname")
    if (target == "__indirect_call") target = called_at(quoted($0, "label"))
    calls[f] = calls[f] "\n" target
    is_called[target] = 1
}

END {
    if (failed) exit 1
    n = split(through, pairs, " ")
    for (i = 1; i <= n; i++) {
        split(pairs[i], pair, ":")
        if (!(pair[2] in title)) fail("there is no function " pair[2])
        calls[pair[1]] = calls[pair[1]] "\n" title[pair[2]]
        is_called[title[pair[2]]] = 1
    }
    n = split(from, roots, " ")
    for (i = 1; i <= n; i++) is_root[roots[i]] = 1
    for (f in frame) {
        visit(f)
        if (!is_called[f] && f ~ /:/ && !from) fail("nobody calls " name[f] ", and size.sh does not say what does")
        if ((!from || is_root[name[f]]) && (depth[f] > depth[deepest] || deepest == "")) deepest = f
    }
    if (failed) exit 1
    chain = name[deepest] " " frame[deepest] + 0
    for (f = next_of[deepest]; depth[f]; f = next_of[f]) chain = chain " > " (f in name ? name[f] " " frame[f] + 0 : f)
    print depth[deepest]
    print chain
}
