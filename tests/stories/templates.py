"""The functions that generated sources are made of, and what can happen to each.

`{n}` is a noun that no other function of the file uses: it makes every anchor unique.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A function's text and the texts of its edits; Function says what each is."""

    signature: str
    body: str
    anchor: str
    guard: str
    recoded: str
    other: str
    edited: str
    tweak: tuple[str, str]
    rework: tuple[str, str]
    removal: str
    wider_removal: str
    above: tuple[str, str]
    below: tuple[str, str]


_READ = """\
static int
{m}_read_{n}(struct {m}_ctx *ctx, const unsigned char *buf, size_t len)
{{
	struct {n}_entry *{n};
	size_t {n}_pos = {k};
	unsigned int {n}_flags = 0;

	{n} = {m}_entry(ctx, buf);
	while ({n}_pos <= len) {{
		{n}_flags |= buf[{n}_pos] & {h};
		{n}_pos += {n}->step;
		ctx->{n}_seen++;
	}}
	ctx->flags = {n}_flags;
	ctx->{n}_last = {n}_pos;
	{m}_trace(ctx, "{n} done");

	return {m}_commit(ctx, {n}, {n}_flags);
}}
"""
_COPY = """\
struct {n} *
{m}_copy_{n}(const struct {n} *from, int {w})
{{
	struct {n} *copy_{n};
	size_t {n}_size = sizeof(*copy_{n}) * {w};

	copy_{n} = malloc({n}_size);
	memcpy(copy_{n}->data, from->data, {n}_size);
	copy_{n}->owner = from->owner;
	copy_{n}->{w} = {w} + {k};

	{m}_debug("{n}: copied %d", {w});
	{m}_count_{n}({w});
	from->{n}_uses += 1;
	if (copy_{n}->{w} > {m}_max_{n}())
		copy_{n}->{w} = {m}_max_{n}();

	return copy_{n};
}}
"""
_FIND = """\
int
{m}_find_{n}(struct {n}_table *table, const char *key)
{{
	unsigned long {n}_hash = {h};
	int {n}_index;

	{n}_hash = {m}_hash_{n}(key, {n}_hash);
	{n}_index = {n}_hash % table->{n}_slots;
	while (table->{n}[{n}_index].key) {{
		if (strcmp(table->{n}[{n}_index].key, key) == 0)
			return {n}_index;
		{n}_index = ({n}_index + {k}) % table->{n}_slots;
		table->{n}_probes++;
		{m}_yield("{n}");
	}}

	table->{n}_misses++;
	return -ENOENT;
}}
"""
C = (
    Template(
        signature="{m}_read_{n}(struct {m}_ctx *ctx, const unsigned char *buf, size_t len)\n",
        body=_READ,
        anchor="\t{n} = {m}_entry(ctx, buf);\n",
        guard=(
            '\tif ({n} == NULL || {n}->step == 0) {{\n\t\t{m}_warn(ctx, "{n}: empty step at %zu", {n}_pos);\n'
            "\t\treturn -EINVAL;\n\t}}\n"
        ),
        recoded=(
            '\tif ({n} == NULL || {n}->step == 0) {{\n\t\t{m}_warn(ctx, "{n}: empty step at %zu", {n}_pos);\n'
            "\t\treturn -EBADMSG;\n\t}}\n"
        ),
        other="\t{n} = {m}_checked_entry(ctx, buf, len, {m}_min_{n}(ctx));\n",
        edited=(
            '\tif (!{m}_usable_{n}({n})) {{\n\t\t{m}_error(ctx, {m}_EMPTY, "{n} is empty, position %zu", {n}_pos);\n'
            "\t\treturn {m}_fail(ctx, -EINVAL);\n\t}}\n"
        ),
        tweak=("\twhile ({n}_pos <= len) {{\n", "\twhile ({n}_pos < len) {{\n"),
        rework=(
            "\tctx->flags = {n}_flags;\n",
            "\tif ({n}_flags & {m}_mask_{n}(ctx))\n\t\t{m}_notify(ctx, {n}_flags, {k});\n"
            "\tctx->flags |= {n}_flags & ~{h};\n",
        ),
        removal='\tctx->{n}_last = {n}_pos;\n\t{m}_trace(ctx, "{n} done");\n',
        wider_removal='\tctx->flags = {n}_flags;\n\tctx->{n}_last = {n}_pos;\n\t{m}_trace(ctx, "{n} done");\n\n',
        above=("\tunsigned int {n}_flags = 0;\n", "\tuint32_t {n}_flags = {m}_initial(ctx);\n"),
        below=("\t\t{n}_pos += {n}->step;\n", "\t\t{n}_pos += {n}->step + ctx->pad;\n"),
    ),
    Template(
        signature="{m}_copy_{n}(const struct {n} *from, int {w})\n",
        body=_COPY,
        anchor="\tcopy_{n} = malloc({n}_size);\n",
        guard=(
            '\tif (copy_{n} == NULL) {{\n\t\t{m}_error("{n}: no memory for %zu bytes", {n}_size);\n'
            "\t\treturn NULL;\n\t}}\n"
        ),
        recoded=(
            '\tif (copy_{n} == NULL) {{\n\t\t{m}_error("{n}: no memory for %zu bytes", {n}_size);\n'
            "\t\treturn ERR_PTR(-ENOBUFS);\n\t}}\n"
        ),
        other="\tcopy_{n} = {m}_must_alloc(&{m}_pool_{n}, {n}_size, __func__);\n",
        edited=(
            '\tif (unlikely(!copy_{n})) {{\n\t\t{m}_oom(__func__, "{n}", {n}_size, from->owner);\n'
            "\t\treturn {m}_null_{n}(from);\n\t}}\n"
        ),
        tweak=("\tcopy_{n}->{w} = {w} + {k};\n", "\tcopy_{n}->{w} = {w} * {k};\n"),
        rework=(
            '\t{m}_debug("{n}: copied %d", {w});\n',
            "\tif ({m}_verbose_{n})\n\t\t{m}_log(LOG_{N}, {w}, __LINE__);\n\t{m}_audit_{n}(copy_{n});\n",
        ),
        removal="\t{m}_count_{n}({w});\n\tfrom->{n}_uses += 1;\n",
        wider_removal='\t{m}_debug("{n}: copied %d", {w});\n\t{m}_count_{n}({w});\n\tfrom->{n}_uses += 1;\n',
        above=(
            "\tsize_t {n}_size = sizeof(*copy_{n}) * {w};\n",
            "\tconst size_t {n}_size = array_size({w}, sizeof(struct {n}));\n",
        ),
        below=("\tcopy_{n}->owner = from->owner;\n", "\tcopy_{n}->owner = {m}_owner_ref(from->owner);\n"),
    ),
    Template(
        signature="{m}_find_{n}(struct {n}_table *table, const char *key)\n",
        body=_FIND,
        anchor="\t{n}_hash = {m}_hash_{n}(key, {n}_hash);\n",
        guard=(
            '\tif (table->{n}_slots < 1 || *key == 0) {{\n\t\t{m}_complain("{n} table without slots: %s", key);\n'
            "\t\treturn -EINVAL;\n\t}}\n"
        ),
        recoded=(
            '\tif (table->{n}_slots < 1 || *key == 0) {{\n\t\t{m}_complain("{n} table without slots: %s", key);\n'
            "\t\treturn -ENODEV;\n\t}}\n"
        ),
        other="\t{n}_hash = {m}_safe_hash_{n}(table, key, {m}_seed_{n}());\n",
        edited=(
            "\tif ({m}_bad_{n}_key(table, key)) {{\n\t\t{m}_report(table->log, REASON_{N}, key, {n}_hash);\n"
            "\t\treturn {m}_errno(table, -EINVAL);\n\t}}\n"
        ),
        tweak=("\tunsigned long {n}_hash = {h};\n", "\tunsigned long {n}_hash = {h}7;\n"),
        rework=(
            "\t\t{n}_index = ({n}_index + {k}) % table->{n}_slots;\n",
            "\t\tif (++{n}_index == table->{n}_slots)\n\t\t\t{n}_index = {m}_first_{n}(table);\n"
            "\t\t{m}_prefetch(&table->{n}[{n}_index]);\n",
        ),
        removal='\t\ttable->{n}_probes++;\n\t\t{m}_yield("{n}");\n',
        wider_removal=(
            '\t\t{n}_index = ({n}_index + {k}) % table->{n}_slots;\n\t\ttable->{n}_probes++;\n\t\t{m}_yield("{n}");\n'
        ),
        above=("\tint {n}_index;\n", "\tsize_t {n}_index = 0, {n}_start;\n"),
        below=(
            "\twhile (table->{n}[{n}_index].key) {{\n",
            "\twhile (table->{n}[{n}_index].key && {m}_alive(table)) {{\n",
        ),
    ),
)

_PARSE = '''\
def parse_{n}(lines, {w}={k}):
    """Read {n} lines; {w} is how many are looked at."""
    {n}_names = []
    {n}_errors = 0

    {n}_rows = [line.split(":") for line in lines]
    for {n}_row in {n}_rows[:{w}]:
        {n}_names.append({n}_row[0].strip())
        {n}_errors += {n}_row[1] == "{h}"
        trace("{n}", {n}_row)
    notify_{n}({n}_names)
    audit_{n}({n}_errors)

    log_{n}.debug("%d {n} errors", {n}_errors)
    return dict.fromkeys({n}_names, {n}_errors)
'''
_STORE = '''\
class {n}_store:
    """Keeps every {n} that was seen."""

    def __init__(self, root_{n}):
        self.root_{n} = root_{n}
        self.{n}_open = {{}}

    def load_{n}(self, key):
        path_{n} = self.root_{n} / key
        data_{n} = path_{n}.read_bytes()
        kind_{n}, _, body_{n} = data_{n}.partition(b"{h}")
        self.{n}_open[key] = len(body_{n}) + {k}
        stats_{n}.update(key)
        cache_{n}.touch(path_{n})

        return {m}_decode(kind_{n}, body_{n})

    def close_{n}(self):
        self.{n}_open.clear()
'''
_WALK = """\
def walk_{n}(tree, depth_{n}=0):
    found_{n} = set()
    stack_{n} = [tree]

    limit_{n} = {m}_limit("{n}", {k})
    while stack_{n}:
        node_{n} = stack_{n}.pop()
        found_{n}.add(node_{n}.key)
        depth_{n} = max(depth_{n}, node_{n}.level)
        report_{n}(node_{n})
        visits_{n}[node_{n}.key] += 1
        stack_{n}.extend(node_{n}.children({h}))

    return found_{n}, depth_{n}
"""
PYTHON = (
    Template(
        signature="def parse_{n}(lines, {w}={k}):\n",
        body=_PARSE,
        anchor='    {n}_rows = [line.split(":") for line in lines]\n',
        guard=(
            "    if any(len({n}_row) < 2 for {n}_row in {n}_rows):\n"
            '        log_{n}.warning("malformed {n} line, %d rows", len({n}_rows))\n'
            '        raise ValueError("{n} lines need a colon")\n'
        ),
        recoded=(
            "    if any(len({n}_row) < 2 for {n}_row in {n}_rows):\n"
            '        log_{n}.warning("malformed {n} line, %d rows", len({n}_rows))\n'
            '        raise KeyError("{n} row incomplete")\n'
        ),
        other='    {n}_rows = [split_{n}(line, sep=":", strict=True) for line in lines if line]\n',
        edited=(
            "    if not all({m}_complete(row) for row in {n}_rows):\n"
            "        metrics.increment('{n}.malformed', len({n}_rows))\n"
            "        raise Malformed{n}Error.of({n}_rows, expected=2)\n"
        ),
        tweak=('        {n}_errors += {n}_row[1] == "{h}"\n', '        {n}_errors += {n}_row[1] != "{h}"\n'),
        rework=(
            '    log_{n}.debug("%d {n} errors", {n}_errors)\n',
            '    if {n}_errors > {k}:\n        log_{n}.error("too many {n} errors: %d", {n}_errors)\n'
            "        {n}_names.clear()\n",
        ),
        removal="    notify_{n}({n}_names)\n    audit_{n}({n}_errors)\n",
        wider_removal='        trace("{n}", {n}_row)\n    notify_{n}({n}_names)\n    audit_{n}({n}_errors)\n\n',
        above=("    {n}_errors = 0\n", "    {n}_errors = counter_{n}.start(0)\n"),
        below=(
            "        {n}_names.append({n}_row[0].strip())\n",
            "        {n}_names.append(sys.intern({n}_row[0].strip()))\n",
        ),
    ),
    Template(
        signature="    def load_{n}(self, key):\n",
        body=_STORE,
        anchor="        data_{n} = path_{n}.read_bytes()\n",
        guard=(
            "        if len(data_{n}) > MAX_{N} or path_{n}.is_symlink():\n"
            '            stats_{n}.refuse(key, "{n} too large")\n'
            '            raise PermissionError(f"{n} {{key}} is refused")\n'
        ),
        recoded=(
            "        if len(data_{n}) > MAX_{N} or path_{n}.is_symlink():\n"
            '            stats_{n}.refuse(key, "{n} too large")\n'
            '            raise LookupError("no such {n}")\n'
        ),
        other="        data_{n} = read_limited_{n}(path_{n}, follow=False, limit=self.limit)\n",
        edited=(
            "        if not self.admits_{n}(path_{n}, size=len(data_{n})):\n"
            '            events.emit("{n}-refused", key=key, size=len(data_{n}))\n'
            "            raise Refused{n}(key, path_{n}.stat())\n"
        ),
        tweak=(
            "        self.{n}_open[key] = len(body_{n}) + {k}\n",
            "        self.{n}_open[key] = len(body_{n}) - {k}\n",
        ),
        rework=(
            "        return {m}_decode(kind_{n}, body_{n})\n",
            "        decoder_{n} = {m}_decoder(kind_{n})\n        if decoder_{n} is None:\n"
            "            return body_{n}\n        return decoder_{n}(body_{n})\n",
        ),
        removal="        stats_{n}.update(key)\n        cache_{n}.touch(path_{n})\n",
        wider_removal=(
            "        self.{n}_open[key] = len(body_{n}) + {k}\n        stats_{n}.update(key)\n"
            "        cache_{n}.touch(path_{n})\n"
        ),
        above=("        path_{n} = self.root_{n} / key\n", "        path_{n} = self.root_{n}.joinpath(*key.parts)\n"),
        below=(
            '        kind_{n}, _, body_{n} = data_{n}.partition(b"{h}")\n',
            '        kind_{n}, mark_{n}, body_{n} = data_{n}.rpartition(b"{h}")\n',
        ),
    ),
    Template(
        signature="def walk_{n}(tree, depth_{n}=0):\n",
        body=_WALK,
        anchor='    limit_{n} = {m}_limit("{n}", {k})\n',
        guard=(
            "    if limit_{n} <= 0 or depth_{n} >= limit_{n}:\n"
            '        warnings.warn(f"{n} walk stopped at {{depth_{n}}}", stacklevel=2)\n'
            "        return found_{n}, depth_{n}\n"
        ),
        recoded=(
            "    if limit_{n} <= 0 or depth_{n} >= limit_{n}:\n"
            '        warnings.warn(f"{n} walk stopped at {{depth_{n}}}", stacklevel=2)\n'
            '        raise RecursionError("{n}")\n'
        ),
        other='    limit_{n} = bounded_limit_{n}(tree, {m}_limit("{n}", {k}), start=depth_{n})\n',
        edited=(
            "    if exhausted_{n}(depth_{n}, limit=limit_{n}):\n"
            '        logger.info("stopped walking at depth %d of {n}", depth_{n})\n'
            "        return Walked(found_{n}, depth_{n}, complete=False)\n"
        ),
        tweak=(
            "        depth_{n} = max(depth_{n}, node_{n}.level)\n",
            "        depth_{n} = min(depth_{n}, node_{n}.level)\n",
        ),
        rework=(
            "        stack_{n}.extend(node_{n}.children({h}))\n",
            "        for child_{n} in node_{n}.children({h}):\n            if child_{n}.key not in found_{n}:\n"
            "                stack_{n}.append(child_{n})\n",
        ),
        removal="        report_{n}(node_{n})\n        visits_{n}[node_{n}.key] += 1\n",
        wider_removal=(
            "        depth_{n} = max(depth_{n}, node_{n}.level)\n        report_{n}(node_{n})\n"
            "        visits_{n}[node_{n}.key] += 1\n"
        ),
        above=("    stack_{n} = [tree]\n", "    stack_{n} = collections.deque([tree.root])\n"),
        below=("        node_{n} = stack_{n}.pop()\n", "        node_{n} = stack_{n}.popleft()\n"),
    ),
)
