# lines.awk FILE.c: how many of its lines have code, are comment alone, and are blank
#
# Comments are those of C90, and no text in quotes may look as if it began one.
{
    line = $0
    code = ""
    while (line != "") {
        mark = index(line, in_comment ? "*/" : "/*")
        if (!in_comment) code = code (mark ? substr(line, 1, mark - 1) : line)
        if (!mark) break
        line = substr(line, mark + 2)
        in_comment = !in_comment
    }
    if (code ~ /[^ \t]/) coded++
    else if ($0 ~ /[^ \t]/) commented++
    else blank++
}

END { print coded + 0, commented + 0, blank + 0 }
