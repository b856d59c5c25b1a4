# report.awk FIGURES: what size.sh has measured, as a report beside the goals; format=markdown: as README.md's tables
BEGIN {
    FS = "\t"
    cores_len = split("Cortex-M0,Cortex-M3,Cortex-M4,Cortex-M33,RV32IMC,x86-64", cores, ",")
    parts_len = split("pure part|one call, without texts|one call|whole job, without texts|whole job|" \
                      "everything, without texts|everything", parts, "|")
    goal["pure part"] = 6656
    goal["one call, without texts"] = 11264
    goal["everything, without texts"] = 15360
    goal["everything"] = 18432
    goal_of_stack = 640
}

$1 == "version" && NF == 3 { compilers = compilers $2 " " $3 ", " }
$1 == "version" && NF == 4 { mbedtls[$4] = $3 }
$1 == "lines" {
    files[++files_len] = $5
    lines[$5] = $2
    lines_of_comment[$5] = $3
    lines_blank[$5] = $4
}
$1 == "structure" {
    size[$2, $3, $4] = $5
    if ($2 == "classic" && $3 == "x86-64") structures[++structures_len] = $4
}
$1 == "stack" {
    stack[$2, $3, $4] = $5
    chain[$2, $3, $4] = $6
}
$1 == "code" {
    text[$2, $3, $4] = $5
    data += $6
    bss += $7
}

function thousands(number) {
    return number < 1000 ? number "" : sprintf("%d,%03d", number / 1000, number % 1000)
}

# --- as text -------------------------------------------------------------------------------------

function heading(what, columns, columns_len,    i) {
    printf "\n%-34s", what
    for (i = 1; i <= columns_len; i++) printf " %10s", columns[i]
    print ""
}

function line(what, values, digest, key,    i) {
    printf "  %-32s", what
    for (i = 1; i <= cores_len; i++) printf " %10s", thousands(values[digest, cores[i], key])
    print ""
}

function beside_goal(what, values, key, wanted,    i, digest, over, verdict) {
    printf "  %-32s %10s", what, thousands(wanted)
    for (i = 1; i <= 2; i++) {
        digest = i == 1 ? "classic" : "psa"
        over = values[digest, "Cortex-M4", key] - wanted
        verdict = over > 0 ? "MISSED" : "met"
        if (over < 0) over = -over
        printf " %10s, %s by %s (%.0f %%)", thousands(values[digest, "Cortex-M4", key]), verdict, thousands(over), 100 * over / wanted
    }
    print ""
}

function report(    i, n, digest, width) {
    print "-Os, without mbedTLS, libc and port; " compilers "mbedTLS " mbedtls["classic"] " (classic), " mbedtls["psa"] " (PSA)"

    heading("code (text), bytes; classic", cores, cores_len)
    for (i = 1; i <= parts_len; i++) line(parts[i], text, "classic", parts[i])
    heading("the same; PSA", cores, cores_len)
    line("everything", text, "psa", "everything")
    print "\ndata, bss of all of these, bytes: " data ", " bss

    heading("deepest stack chain, bytes", cores, cores_len)
    line("one call; classic", stack, "classic", "one call")
    line("one call; PSA", stack, "psa", "one call")
    line("everything; classic", stack, "classic", "everything")
    line("everything; PSA", stack, "psa", "everything")
    print "  Cortex-M4, classic: " chain["classic", "Cortex-M4", "everything"]

    split("32 bits,64 bits,32 bits PSA,64 bits PSA", widths, ",")
    heading("structures, bytes, by pointer width", widths, 4)
    for (i = 1; i <= structures_len; i++) {
        n = structures[i]
        printf "  %-32s %10s %10s %11s %11s\n", n, thousands(size["classic", "Cortex-M4", n]), thousands(size["classic", "x86-64", n]),
            thousands(size["psa", "Cortex-M4", n]), thousands(size["psa", "x86-64", n])
    }

    print "\nlines                                    code    comment      blank"
    for (i = 1; i <= files_len; i++) {
        n = files[i]
        printf "  %-32s %10s %10s %10s\n", n, thousands(lines[n]), thousands(lines_of_comment[n]), thousands(lines_blank[n])
    }

    print "\nbeside the goals, Cortex-M4              goal    classic, and PSA"
    for (i = 1; i <= parts_len; i++) if (parts[i] in goal) beside_goal(parts[i], text, parts[i], goal[parts[i]])
    beside_goal("deepest stack chain", stack, "everything", goal_of_stack)
}

# --- as Markdown ---------------------------------------------------------------------------------

function row(what, values, digest, key,    i, out) {
    out = "| " what " |"
    for (i = 1; i <= cores_len; i++) out = out " " thousands(values[digest, cores[i], key]) " |"
    print out
}

function row_of_sizes(name) {
    print "| `" name "` | " thousands(size["classic", "Cortex-M4", name]) " | " thousands(size["psa", "Cortex-M4", name]) " | " \
        thousands(size["classic", "x86-64", name]) " | " thousands(size["psa", "x86-64", name]) " |"
}

function markdown() {
    print "<!-- size: made by make size-readme; " compilers "mbedTLS " mbedtls["classic"] " and " mbedtls["psa"] " -->"
    print "| bytes | Cortex-M0 | M3 | M4 | M33 | RV32IMC | x86-64 |"
    print "|---|--:|--:|--:|--:|--:|--:|"
    row("code: signing, generating, HTTP, JSON", text, "classic", "pure part")
    row("code: one call, without texts", text, "classic", "one call, without texts")
    row("code: one call", text, "classic", "one call")
    row("code: a whole job, without texts", text, "classic", "whole job, without texts")
    row("code: a whole job", text, "classic", "whole job")
    row("code: everything", text, "classic", "everything")
    row("code: everything, PSA", text, "psa", "everything")
    row("stack: one call", stack, "classic", "one call")
    row("stack: everything", stack, "classic", "everything")
    row("stack: everything, PSA", stack, "psa", "everything")
    print ""
    print "| bytes of memory, caller's | 32 bits, " mbedtls["classic"] " | " mbedtls["psa"] " with PSA | 64 bits, " mbedtls["classic"] " | " mbedtls["psa"] " with PSA |"
    print "|---|--:|--:|--:|--:|"
    row_of_sizes("rv_tls")
    row_of_sizes("rv_client")
    row_of_sizes("rv_call")
    row_of_sizes("rv_job")
    print ""
    print "The core has " thousands(lines["replace_volume.c"]) " lines of code, its header " thousands(lines["replace_volume.h"]) \
        ", not counting blank lines and the " thousands(lines_of_comment["replace_volume.c"] + lines_of_comment["replace_volume.h"]) " that are comment alone."
    print "<!-- size: end -->"
}

END {
    if (format == "markdown") markdown()
    else report()
}
