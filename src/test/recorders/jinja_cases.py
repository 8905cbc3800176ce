"""Records src/test/resources/fixtures/jinja/cases.jsonl: small templates with what jinja2 makes of them.

    python src/test/recorders/jinja_cases.py          (Python 3.11, jinja2 3.1.6)

The environment is that of transformers' apply_chat_template; strftime_now is fixed to 2025-07-10 12:34:56.
"""
import copy, json, re
from datetime import datetime
from pathlib import Path

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime(2025, 7, 10, 12, 34, 56)
OUT = Path(__file__).parent.parent / "resources" / "fixtures" / "jinja" / "cases.jsonl"

CONTEXT = {
    "s": "Hello World", "n": 7, "f": 2.5, "neg": -3, "z": 0, "t": True, "nope": None, "e": "", "l": [3, 1, 2], "ls": ["b", "a", "C"], "el": [],
    "d": {"b": 1, "a": 2}, "ed": {}, "nest": {"x": {"y": [10, {"z": "deep"}]}}, "u": "你好 é 😀", "big": 12345678901234567890, "q": "it's \"q\"\n",
    "users": [{"name": "Ann", "age": 31, "ok": True}, {"name": "Bob", "age": 25, "ok": False}, {"name": "Cy", "age": 31, "ok": True}],
    "messages": [{"role": "system", "content": " sys "}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo "}],
}

CASES = r'''
{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }} {{ 2 ** 3 ** 2 }}
{{ 1e100 }} {{ 1.5e-7 }} {{ 123456.789e3 }} {{ 5e-324 }} {{ 1e22 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e15 }} {{ 1e16 }} {{ 100.0 }} {{ -0.0 }}
{{ big + 1 }} {{ big * big }} {{ big // 7 }} {{ big % 1000 }} {{ big / 2 }} {{ 10 / 4 }} {{ 4 / 2 }}
{{ true + true }} {{ true * 3 }} {{ true / 2 }} {{ -true }} {{ +true }} {{ true == 1 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ none == none }}
{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000_000 }} {{ 1_0.5_0 }} {{ 00 }}
{{ 1 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1,) < (1, 2) }} {{ 2.5 > 2 }} {{ 'a' <= 'a' }} {{ true < 2 }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ [1] == [1.0] }} {{ {'a': 1} == {'a': 1.0} }} {{ (1,) == [1] }} {{ 'a' != 'b' }} {{ x == y }} {{ x != 1 }}
{{ 1 in [1.0] }} {{ true in [1] }} {{ 'b' in d }} {{ 5 in range(10) }} {{ '' in 'abc' }} {{ 'ab' in ['ab'] }} {{ 1 in missing }}
{{ 1 in 'abc' }}
{{ 1 in 5 }}
{{ 'a' in none }}
{{ missing in 'abc' }}
{{ 'x' * 0 }}|{{ 'ab' * -1 }}|{{ 2 * 'ab' }}|{{ 2 * [1, 'x'] }}|{{ (1, 2) * 2 }}|{{ (1,) + (2,) }}
{{ 'a' * 1.5 }}
{{ [1] + (2,) }}
{{ [] - [] }}
{{ -'a' }}
{{ {} + {} }}
{{ none + 1 }}
{{ 1 % 0 }}
{{ 1 // 0 }}
{{ 1.0 / 0 }}
{{ missing - 1 }}
{{ 1 - missing }}
{{ 'a' + missing }}
{{ missing + 'a' }}
{{ -missing }}
{{ 'a' ~ missing ~ 'b' ~ none ~ [1] ~ {'k': 'v'} }}
{{ missing.foo }}
{{ missing['foo'] }}
{{ missing[0] }}
{{ missing[1:] }}
{{ none.foo is defined }} {{ nope.x is undefined }}
{{ nope.x.y }}
{{ nope[1:] }}
{{ d[1:] }}
{{ l['x':] }}
{{ l[::0] }}
{{ l[1.5] is defined }} {{ l['1'] is defined }} {{ l.1 }} {{ l.first is defined }} {{ l[-4] is defined }} {{ d[[1]] is defined }}
{{ range(5)[1:3] }} {{ range(10)[::-2] }} {{ range(3) }} {{ range(1, 9, 2)|list }} {{ range(5, 0, -2)|list }} {{ range(3)[-1] }} {{ range(0)|list }} {{ range(2, 8)|length }}
{{ range(1, 2, 0) }}
{{ range('a') }}
{{ range() }}
{{ u[::-1] }} {{ u[-1:] }} {{ u[1:2] }} {{ u|length }} {{ u[10:] }}| {{ u|reverse }} {{ u|list }}
{{ s[20] is defined }} {{ s['x'] is defined }} {{ s[1:100:3] }} {{ s[-100:5] }} {{ s[5:-100:-1] }} {{ s[none:3] }}
{{ q }} {{ [q] }} {{ ["it's"] }} {{ ['"'] }} {{ ['\\', '\t', '\x07', '\u200b', 'é'] }}
{{ 'a\
b' }} {{ '\x41\u0042\U00000043\101' }} {{ '\d\q' }} {{ "\"" }} {{ '\'' }}
{{ {'a': [1, {'b': none}], 2: 'x', 1.5: true, none: 0, (1, 2): 't'} }}
{{ {1: 'a', 1.0: 'b', true: 'c'} }} {{ {'a': 1, 'a': 2} }}
{{ {[1]: 2} }}
{{ [1, 2, ] }} {{ {'a': 1, } }} {{ (1, 2, ) }} {{ 1, 2 }}
{{ [] }} {{ {} }} {{ () }} {{ (1) }} {{ ('a',) }}
{{ not 1 == 2 }} {{ not not 1 }} {{ 1 if not 0 else 2 }} {{ not 1 in [1] }}
{{ 1 or 2 and 3 }} {{ 0 or '' or none }} {{ 1 and 0 or 2 }} {{ missing or 'd' }} {{ missing and 1 }}|
{{ 1 + 2 ~ 3 }} {{ 2 * 3 ~ 4 }} {{ 1 ~ 2 + 3 }} {{ 10 - 2 - 3 }} {{ 2 + 3 * 4 ** 2 }} {{ 100 / 10 / 2 }} {{ 7 - -3 }} {{ - -3 }}
{{ 1 < 2 == 2 }} {{ 3 > 2 > 1 }} {{ 1 == 1 != 2 }} {{ 1 in [1] == true }}
{{ -1|abs }} {{ (-1)|abs }} {{ -n|abs }} {{ 2 ** -1|abs }} {{ 'a' ~ 'B'|lower }} {{ 1.5|int + 1 }}
{{ n is number and s is string }} {{ n is not string }} {{ not n is string }} {{ n is divisibleby 7 and true }} {{ n is eq 7 }} {{ n is in [7] }} {{ n is not in [7] }} {{ n == 7 is true }}
{{ x is defined if y is defined else 'no' }}
{{ 'a' if x is defined }}|{{ ('a' if x is defined) is defined }}
{{ ('a' if false).foo }}
{{ 'a' if false else 'b' if false else 'c' }} {{ ('x' if 1) ~ 'y' }}
{{ d is mapping }} {{ l is sequence }} {{ d is iterable }} {{ missing is iterable }} {{ missing is sequence }} {{ nope is iterable }} {{ range(3) is sequence }} {{ (1,) is sequence }} {{ l|map('upper') is sequence }}
{{ 1 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ 1 is float }} {{ true is number }} {{ true is boolean }} {{ 1 is boolean }} {{ none is none }} {{ missing is none }}
{{ 3 is odd }} {{ 4 is even }} {{ -3 is odd }} {{ 2.0 is even }} {{ 1 is lt 2 }} {{ 1 is ge 1 }} {{ 1 is ne 2 }} {{ 'a' is equalto 'a' }} {{ 2 is gt(1) }} {{ 1 is sameas 1 }} {{ l is sameas l }} {{ [] is sameas [] }}
{{ 'Abc' is lower }} {{ '' is lower }} {{ '1' is upper }} {{ 'A1' is upper }} {{ 5 is upper }}
{{ 'x' is odd }}
{{ 1 is divisibleby 0 }}
{{ 1 is foo }}
{% if false %}{{ 1 is foo }}{{ 1|bar }}{% endif %}ok
{% if true %}{{ 1|bar }}{% endif %}
{% for i in [] %}{{ i|bar }}{% endfor %}
{{ 1|bar if false else 'ok' }}
{% if false %}{% for i in [] %}{{ i|bar }}{% endfor %}{% endif %}ok
{% macro m() %}{{ 1|bar }}{% endmacro %}ok
{{ 'Hello'.upper().lower().title() }} {{ 'ab cd-ef gh'.title() }} {{ "they're bill's".title() }} {{ 'ab cd-ef (gh'|title }} {{ 'hELLO wORLD'|capitalize }} {{ 'ßa'.capitalize() }} {{ 'ǆx'.title() }}
{{ 'abc'.center(8) }}|{{ 'abc'.center(7, '*') }}|{{ 'ab'.center(5) }}|{{ 'abc'|center(8) }}|{{ 'ab'.ljust(4, '.') }}|{{ 'ab'.rjust(4, '.') }}|{{ '-5'.zfill(5) }}|{{ '+x'.zfill(4) }}|{{ 'abcd'.center(2) }}
{{ ' a b '.split(' ') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a  b  c '.split(none, 1) }} {{ ' a  b  c '.rsplit(none, 1) }} {{ 'a--b'.split('--') }} {{ 'abc'.split('') is defined }}
{{ 'a1b2'.split(maxsplit=1, sep='b') }} {{ 'xaxbx'.split('x') }} {{ 'aaa'.split('aa') }} {{ 'aaa'.rsplit('aa') }} {{ ''.rsplit() }} {{ '  '.split() }} {{ 'a'.split('b', 0) }} {{ 'a b'.split(none, 0) }}
{{ 'a\nb\r\nc\x0bd\u2028e\n'.splitlines() }} {{ 'a\n\nb'.splitlines(true) }} {{ ''.splitlines() }} {{ '\n'.splitlines() }}
{{ 'xxhixx'.strip('x') }} {{ 'xxhixx'.lstrip('x') }} {{ 'xxhixx'.rstrip('x') }} {{ '\u00a0 a \u3000'.strip() }} {{ 'abcba'.strip('ab') }} {{ 'a'.strip('') }} {{ ' a '.strip(none) }}|
{{ 'a'.strip(1) }}
{{ 'banana'.find('an') }} {{ 'banana'.find('an', 2) }} {{ 'banana'.rfind('an') }} {{ 'banana'.count('an') }} {{ 'banana'.count('') }} {{ 'banana'.find('x') }} {{ 'banana'.index('n') }} {{ 'banana'.find('a', 2, 3) }} {{ 'banana'.rindex('n') }} {{ u.find('é') }} {{ 'aaaa'.count('aa') }}
{{ 'banana'.index('x') }}
{{ 'banana'.replace('a', 'o') }} {{ 'banana'.replace('a', 'o', 2) }} {{ 'abc'.replace('', '-') }} {{ 'abc'.replace('', '-', 2) }} {{ ''.replace('', 'x') }} {{ 'banana'|replace('an', 'AN', 1) }} {{ 5|replace(5, 6) }} {{ '😀a'.replace('', '.') }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith('b', 0, 2) }} {{ 'abc'.startswith('') }} {{ 'a'.endswith(()) }}
{{ 'abc'.startswith(1) }}
{{ ','.join(['a', 'b']) }} {{ ''.join('abc') }} {{ '-'.join(d) }}
{{ ','.join([1]) }}
{{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'abc'.removesuffix('x') }} {{ 'a-b-c'.partition('-') }} {{ 'abc'.rpartition('-') }} {{ 'aBc'.swapcase() }} {{ 'ß'.casefold() }} {{ 'Ab'.casefold() }}
{{ '12'.isdecimal() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ 'a_1'.isidentifier() }} {{ '1a'.isidentifier() }} {{ 'Hello World'.istitle() }} {{ 'abc'.isascii() }} {{ 'é'.isascii() }} {{ 'a\n'.isprintable() }} {{ ''.isalpha() }} {{ '你'.isalpha() }} {{ 'A1'.isupper() }}
{{ 'a\tb\tcc'.expandtabs() }}| {{ '\ta'.expandtabs(2) }}
{{ '{} {} {}'.format(1, 'a', none) }} {{ '{0} {1} {0}'.format('x', 'y') }} {{ '{a.b} {c[0]} {c[k]}'.format(a={'b': 1}, c={'k': 2, 0: 3}) }} {{ '{{}} {}'.format(1) }} {{ '{!r} {!s}'.format('a', 'b') }}
{{ '{:>6}|{:<6}|{:^6}|{:*^7}|{:6}|{:06.2f}|{:+d}|{:,}|{:x}|{:#x}|{:b}|{:e}|{:.3}|{:%}|{:g}|{:08d}|{:_}'.format('a', 'b', 'c', 'd', 5, 3.14159, 3, 1234567, 255, 255, 5, 12345.678, 'abcdef', 0.256, 1e10, -42, 1234567) }}
{{ '{:10.3f}|{:<10}|{:=+8}|{:.0f}|{:.1e}|{}|{:5}|{:n}|{:G}|{:o}|{:c}'.format(2.71828, 1.5, 42, 2.5, 0.00012, 1e20, true, 5, 1e-10, 8, 65) }}
{{ '{:{w}}|{:{}}'.format('a', 'b', 4, w=3) }}
{{ '{'.format() }}
{{ '}'.format() }}
{{ '{}'.format() }}
{{ '{x}'.format() }}
{{ '{:d}'.format('a') }}
{{ '{:s}'.format(5) }}
{{ '{a}'.format_map({'a': 1}) }} {{ '{0.upper}'.format('a') is defined }}
{{ '%s %d %5.1f %-5s| %05d %x %X %o %e %g %% %c %r %i' % ('a', 5, 3.14159, 'l', 42, 255, 255, 8, 12345.678, 0.0001, 'c', 'r', 9) }}
{{ '%(a)s-%(b)03d' % {'a': 1, 'b': 2} }} {{ '%s' % [1, 2] }} {{ '%s' % {'a': 1} }} {{ '%5s|%-5s|%.2s' % ('a', 'b', 'cde') }} {{ '%+d % d %#x %#o' % (5, 5, 255, 8) }} {{ '%*d' % (5, 3) }} {{ '%s' % none }} {{ '%d' % 3.9 }} {{ '%s' % missing }}|
{{ '%s %s' % 'a' }}
{{ '%s' % ('a', 'b') }}
{{ '%d' % 'a' }}
{{ '%q' % 1 }}
{{ '%' % 1 }}
{{ '%(a)s' % 1 }}
{{ '%s|%s'|format('a', 2) }} {{ '%(x)s'|format(x=1) }}
{{ d.items() }} {{ d.keys() }} {{ d.values() }} {{ d.items()|list }} {{ d.get('zz', 5) }} {{ d.get('b') }} {{ d.copy() }} {{ d.items()|length }} {{ 'b' in d.keys() }} {{ ('b', 1) in d.items() }}
{{ d.get() }}
{{ d.foo() }}
{{ d.setdefault('a', 1) }}
{{ l.count(3) }} {{ l.index(1) }} {{ (1, 2, 1).count(1) }} {{ l.copy() }}
{{ l.index(99) }}
{{ l.append }}
{{ d.update }}
{{ l.insert(0, 1) }}
{{ l.foo() }}
{{ s.foo() }}
{{ s() }}
{{ none() }}
{{ d.items is defined }} {{ d['items'] is defined }} {{ {'items': 5}.items is number }} {{ {'items': 5}['items'] }} {{ {'get': 1}.get('get') }}
{{ 5|string ~ 5.0|string ~ true|string ~ none|string }} {{ l|string }} {{ missing|string }}|
{{ '3'|int }} {{ ' 3 '|int }} {{ '3.9'|int }} {{ 'abc'|int }} {{ 'abc'|int(-1) }} {{ none|int }} {{ true|int }} {{ 3.99|int }} {{ '-5'|int }} {{ '1e3'|int }} {{ '0b11'|int(base=2) }} {{ 'ff'|int(base=16) }} {{ '1_000'|int }} {{ []|int }} {{ ''|int }} {{ 'zz'|int(0, 36) }} {{ '0x10'|int(0, 0) }} {{ 'inf'|int }}
{{ missing|int }}
{{ '3'|float }} {{ '1e3'|float }} {{ 'abc'|float }} {{ 'x'|float(1.5) }} {{ 5|float }} {{ none|float }} {{ 'inf'|float }} {{ 'nan'|float }} {{ ' 2.5 '|float }} {{ '.5'|float }} {{ '5.'|float }} {{ '1_0'|float }} {{ true|float }}
{{ 2.5|round }} {{ 3.5|round }} {{ -2.5|round }} {{ 2.675|round(2) }} {{ 1234.5678|round(-2) }} {{ 1234|round(-2) }} {{ 2.1|round(method='ceil') }} {{ 2.9|round(method='floor') }} {{ 2.345|round(2, 'ceil') }} {{ 1e20|round }} {{ true|round }} {{ 0.5|round|int }} {{ 15|round(-1) }} {{ 25|round(-1) }}
{{ 2|round(method='x') }}
{{ 'a'|round }}
{{ 'a'|abs }}
{{ l|sum }} {{ [1.5, 2]|sum }} {{ []|sum }} {{ [[1], [2]]|sum(start=[]) }} {{ users|sum('age') }}
{{ ['a']|sum }}
{{ l|min }} {{ l|max }} {{ []|min is defined }} {{ ls|min }} {{ ls|max }} {{ ls|max(case_sensitive=true) }} {{ users|min(attribute='age') }} {{ 'bca'|max }}
{{ l|first }} {{ ''|first is defined }} {{ d|first }} {{ d|last }} {{ []|last is defined }} {{ l|reverse|first }} {{ range(5)|last }} {{ d|length }} {{ s|length }} {{ ''|length }} {{ range(7)|count }}
{{ none|length }}
{{ none|first }}
{{ none|list }}
{{ 5|list }}
{{ d|list }} {{ 'abc'|list }} {{ (1, 2)|list }} {{ missing|list }} {{ range(3)|list }} {{ d.items()|list }}
{{ l|sort }} {{ l|sort(true) }} {{ ls|sort }} {{ ls|sort(case_sensitive=true) }} {{ 'hello'|sort }} {{ d|sort }} {{ users|sort(attribute='name', reverse=true)|map(attribute='name')|list }} {{ [[2, 'b'], [1, 'a']]|sort }} {{ [(2, 1), (1, 2)]|sort(attribute=1) }} {{ [true, 0, 0.5]|sort }}
{{ [none, 1]|sort }}
{{ users|sort(attribute='zz') }}
{{ {'B': 2, 'a': 1, 'c': 0}|dictsort }} {{ {'B': 2, 'a': 1}|dictsort(by='value') }} {{ {'B': 2, 'a': 1}|dictsort(case_sensitive=true) }} {{ {'B': 2, 'a': 1}|dictsort(reverse=true) }}
{{ {1: 2, 'a': 1}|dictsort }}
{{ l|dictsort }}
{{ d|dictsort(by='x') }}
{{ l|join(', ') }} {{ l|join }} {{ users|join(', ', 'name') }} {{ 'abc'|join('-') }} {{ d|join }} {{ []|join('x') }} {{ [none, missing, 1.5]|join(',') }} {{ l|join(1) }}
{{ none|join }}
{{ ls|map('upper')|join }} {{ users|map(attribute='name')|join(' ') }} {{ users|map(attribute='zz')|list }} {{ users|map(attribute='zz', default=0)|list }} {{ [[1, 2], [3]]|map('first')|list }} {{ [[1, 2], [3]]|map(attribute=0)|list }} {{ ['a b']|map('replace', 'a', 'x')|list }} {{ none|map('upper')|list }} {{ ['1', 'x']|map('int', default=9)|list }}
{{ [1]|map|list }}
{{ [1]|map('nofilter')|list }}
{{ [1]|map('nofilter') is defined }}
{{ [1]|map(attribute='a', foo=1)|list }}
{{ 5|map('upper')|list }}
{{ l|select|list }} {{ l|select('gt', 1)|list }} {{ l|reject('gt', 1)|list }} {{ users|selectattr('ok')|map(attribute='name')|list }} {{ users|rejectattr('ok')|map(attribute='name')|list }} {{ users|selectattr('age', 'eq', 31)|list|length }} {{ users|selectattr('name', 'in', ['Bob', 'Cy'])|map(attribute='age')|list }} {{ users|selectattr('zz', 'defined')|list }} {{ users|rejectattr('zz', 'defined')|list|length }} {{ messages|selectattr('role', '==', 'user')|first }}
{{ [1]|select('notest')|list }}
{{ users|selectattr|list }}
{{ [1, 2, 3, 4, 5]|batch(2)|list }} {{ [1, 2, 3]|batch(2, 'x')|list }} {{ [1, 2, 3, 4, 5, 6, 7]|slice(3)|list }} {{ [1, 2, 3, 4]|slice(3, 'x')|list }} {{ []|batch(2)|list }}
{{ users|groupby('age') }} {% for k, v in users|groupby('ok') %}{{ k }}={{ v|length }};{% endfor %} {{ users|groupby('zz', default=1) }} {{ [{'a': 'X'}, {'a': 'x'}, {'a': 'b'}]|groupby('a') }} {{ [{'a': 'X'}, {'a': 'x'}]|groupby('a', case_sensitive=true) }}
{{ ['a', 'A', 'b', 'a']|unique|list }} {{ ['a', 'A']|unique(true)|list }} {{ users|unique(attribute='age')|map(attribute='name')|list }} {{ [1, 1.0, true]|unique|list }} {{ [[1], [1]]|unique|list is defined }}
{{ l|reverse|list }} {{ 'abc'|reverse }} {{ (1, 2)|reverse|list }} {{ d|reverse|list }}
{{ 5|reverse }}
{{ missing|default('x') }} {{ nope|default('x') }} {{ ''|default('x') }}| {{ ''|default('x', true) }} {{ none|d('x', boolean=true) }} {{ d.zz|default(d.b) }} {{ missing|default }}|
{{ missing.a|default('x') }}
{{ 'ab\ncd\n\nef'|indent }} {{ 'ab\ncd'|indent(2) }} {{ 'ab\ncd\n\nef'|indent(width=2, first=true) }} {{ 'ab\n\ncd'|indent(2, blank=true) }} {{ 'ab\ncd'|indent('--') }} {{ ''|indent }}| {{ 'a\n'|indent(2) }}|
{{ 5|indent }}
{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11) }} {{ 'foo bar baz qux'|truncate(11, false, '..', 0) }} {{ 'short'|truncate }}
{{ 'The quick brown fox jumps'|wordwrap(10) }} {{ 'aaaaaaaaaa bb'|wordwrap(4) }} {{ 'a-b well-known thing'|wordwrap(7) }} {{ 'a\n\nb'|wordwrap(5) }} {{ 'abcdefgh'|wordwrap(3, false) }} {{ 'a b c'|wordwrap(3, wrapstring='|') }}
{{ 'Hello, big world'|wordcount }} {{ ''|wordcount }} {{ 'a_b c-d'|wordcount }}
{{ '<a> & "b"'|e }} {{ '<a>'|escape|escape }} {{ '<a>'|forceescape }} {{ '<b>'|safe|e }} {{ '<b>'|e|safe }} {{ 5|e }} {{ ('<a>'|safe) + '<b>' }} {{ '<b>' + ('<a>'|safe) }} {{ ('<a>'|e) ~ '<b>' }} {{ '<a>'|safe is escaped }} {{ ('<a>'|safe|upper) }} {{ ('<a>'|safe)[1:] }}
{{ '<p>a  b</p><!-- c --> d &amp; e'|striptags }} {{ 'a < b'|striptags }}
{{ {'a': 1, 'b': none, 'c': '<x>', 'd': missing}|xmlattr }} {{ {'a': 1}|xmlattr(false) }} {{ {}|xmlattr }}|
{{ {'a b': 1}|xmlattr }}
{{ 'a b/c?d=é&'|urlencode }} {{ {'a': 'b c', 'd': 1}|urlencode }} {{ [('x', 'y z')]|urlencode }} {{ 5|urlencode }} {{ 'ü'|urlencode }}
{{ 1000000|filesizeformat }} {{ 0|filesizeformat }} {{ 999|filesizeformat }} {{ 1500|filesizeformat }} {{ 1048576|filesizeformat(true) }} {{ 1e12|filesizeformat }} {{ '2000'|filesizeformat }} {{ 1023|filesizeformat(true) }}
{{ s|attr('upper') is defined }} {{ d|attr('b') is defined }} {{ d|attr('items') is defined }} {{ s|attr('nope') is defined }}
{{ d|tojson }} {{ nest|tojson }} {{ [none, true, 1.0, 'é', "q\"\\\n\t\x01\x7f\u2028"]|tojson }} {{ 'é😀'|tojson(ensure_ascii=true) }} {{ d|tojson(indent=2) }} {{ [[], {}, [1]]|tojson(indent=1) }} {{ d|tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': {'d': 1, 'c': 2}}|tojson(sort_keys=true) }} {{ {1: 1, none: 2, true: 3, 1.5: 4}|tojson }} {{ (1, 2)|tojson }} {{ 'x'|tojson|length }} {{ d|tojson(indent='--') }} {{ [1, 2]|tojson(indent=0) }}
{{ missing|tojson }}
{{ range|tojson }}
{{ {(1, 2): 3}|tojson }}
{{ range(3)|tojson }}
{{ (l|map('string'))|tojson }}
{{ ('inf'|float)|tojson }} {{ ('nan'|float)|tojson }} {{ 'inf'|float }} {{ -('inf'|float) }}
{{ d|items|list }} {{ missing|items|list }} {{ {}|items|list }}
{{ l|items|list }}
{{ l|items is defined }}
{% set g = l|map('string') %}{{ g|list }}{{ g|list }}{% set h = l|select('gt', 1) %}{% for x in h %}{{ x }}{% endfor %}{% for x in h %}{{ x }}{% else %}empty{% endfor %}
{{ l|map('string')|last }}
{{ l|map('string')|length }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}|{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 2) }}{% endfor %} {{ loop is defined }} {{ x is defined }}
{% for x in [1, 2] %}{% for y in [3] %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}
{% for x in [1, 2] %}{% set outer = loop %}{% for y in [3, 4] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{% for k, v in d|items %}{{ k }}{{ v }}{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'ab' %}{{ c }},{% endfor %}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for (a, b) in [(1, 2)] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for x in none %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in missing %}a{% else %}b{% endfor %}{% for x in [] %}a{% endfor %}{% for x in {} %}a{% else %}c{% endfor %}
{% for x in l if x > 5 %}a{% else %}none{% endfor %} {% for x in l if loop is defined %}{{ x }}{% endfor %}
{% for x in [1, 2, 3, 4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% else %}never{% endfor %}
{% for x in [1, 2] %}{% for y in [1, 2, 3] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% break %}
{% for i in range(3) %}{{ i }}{% if i %}{% set i = 9 %}{% endif %}{{ i }} {% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }} {% endfor %}{{ x }}
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}{% with x = 3 %}{{ x }}{% set x = 4 %}{{ x }}{% endwith %}{{ x }}
{% for x in [[1, [2]], [3]] recursive %}{% if x is iterable %}[{{ loop(x) }}]{% else %}{{ x }}:{{ loop.depth }}{% endif %}{% endfor %}
{% for x in [1] %}{{ loop(x) }}{% endfor %}
{% set ns = namespace(a=1, b='x') %}{% set ns.a = ns.a + 1 %}{% set ns.c = [1] %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.zz is defined }}{{ ns['a'] is defined }}
{% set ns = namespace() %}{% for x in l %}{% set ns.last = x %}{% endfor %}{{ ns.last }}{% if ns.found is not defined %}no{% endif %}
{% set d.x = 1 %}
{% set missing.x = 1 %}
{% set a, b = 1, 2 %}{% set c = a, b %}{{ a }}{{ b }}{{ c }}{% set (e1, e2) = [3, 4] %}{{ e1 }}{{ e2 }}
{% set a, b = 1 %}
{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x|length }}{% set y | upper | replace('A', 'z') %}aB{% endset %}{{ y }}{% set x %}{% set inner = 1 %}{% endset %}{{ inner is defined }}
{% macro m(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(a=1, c=5) }} {{ m() }} {{ m.name }} {{ m.arguments }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}
{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}x{% endcall %}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{{ n }}{% endcall %}
{% macro m(x) %}[{{ caller(x, 2) }}]{% endmacro %}{% call(a, b=5) m(1) %}{{ a }}{{ b }}{% endcall %}
{% macro m() %}a{% endmacro %}{% call m() %}x{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro outer() %}{% macro inner() %}i{{ n }}{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}
{% macro m(x) %}{% set y = x %}{{ y }}{% endmacro %}{{ m(1) }}{{ y is defined }}{% set z = m('a') ~ 'b' %}{{ z }}{{ m(1) is string }}
{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}
{% filter upper %}a{{ s }}{% endfilter %}{% filter replace('a', 'b')|upper %}aa{% endfilter %}{% filter trim %}  x  {% endfilter %}
{% with %}{% set a = 1 %}{{ a }}{% endwith %}{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}
{% with a = 1 %}{% with b = a + 1 %}{{ b }}{% endwith %}{% endwith %}
{% generation %}a{% set gx = 1 %}{{ gx }}{% endgeneration %}{{ gx is defined }}
{% block b %}x{{ n }}{% endblock %} {% block c %}y{% endblock c %}
{% print 1, 2 %} {% autoescape false %}{{ '<' }}{% endautoescape %}
{% include 'x' %}
{% from 'x' import y %}
{{ raise_exception('a' ~ 1) }}
{{ raise_exception() }}
{{ strftime_now('%Y/%m/%d %H:%M:%S %a %A %b %B %y %j %U %W %w %u %e %I %p %-d %-m %% %F %T %D %c %G %V %h %-H %k %l') }}
{{ dict(a=1) }} {{ dict({'a': 1}, b=2) }} {{ dict([['a', 1]]) }} {{ dict() }}
{{ dict(1) }}
{{ dict([1]) }}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.next() }} {% set j = joiner('|') %}{{ j() }}{{ j() }}{{ j() }}
{{ n.real }} {{ n.foo is defined }} {{ f.is_integer() }} {{ n.bit_length() }} {{ true.real }}
{{ ''.__class__ }}|{{ [].__len__ }}|{{ d.__foo__ }}|{{ d._x }}|{{ n.__add__ }}|
{{ ''.__class__.__name__ }}
{{ d['__class__'].x }}
{{ range.__class__ }}|
{{ '' .join(['a','b']) }} {{ 'a' 'b' "c" }} {{ ('a' if 1 else 'b').upper() }} {{ [1, 2][0] }} {{ {'a': {'b': 1}}.a.b }} {{ (1, 2)[1] }} {{ 'abc'[1] }} {{ -l[0] }} {{ l[0] + l[1] * 2 }}
{{ f(1 }}
{{ [1, 2 }}
{{ 1 + }}
{{ }}
{{ 1 2 }}
{{ a b }}
{{ a.b.c( }}
{{ a | }}
{{ 'abc }}
{{ a ! b }}
{{ a = 1 }}
{{ foo(a=1, 2) }}
{{ foo(**d, *l) }}
{{ foo(a=1, a=2) }}
{% if %}x{% endif %}
{% if a %}x
{% for x l %}{% endfor %}
{% for 1 in l %}{% endfor %}
{% set 1 = 2 %}
{% set x = %}
{% macro 1() %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% endfor %}
{% if a %}{% endfor %}
{% if a %}{% else %}{% else %}{% endif %}
{% call 1 %}{% endcall %}
{# unclosed
{% raw %}x
{{ "a" is defined is true }}
{{ dict(*[{'a': 1}], **{'b': 2}) }} {{ '{}{}'.format(*[1, 2]) }} {{ '{a}'.format(**{'a': 1}) }}
{{ dict(**1) }}
{{ messages[-1]['content'].strip() }} {{ messages[0].content|trim|length }} {{ messages|length }} {{ messages[1:]|map(attribute='role')|join(',') }} {{ (messages|last).content }} {{ messages[0]['role'] == 'system' and messages[0]['content'] }}
{{ messages|map(attribute='content')|map('trim')|list }} {{ messages|selectattr('role', 'ne', 'system')|list|length }} {{ messages|tojson }} {{ messages[0].items()|list }} {{ messages[0]|length }} {{ 'content' in messages[0] }}
a{% if t %}  
  b{% endif %}  
c
a {%- if t %} b {% endif -%} c
  {%+ if t %}a{% endif %}
  {% if t -%}  a  {%- endif %}  b
{% if t %}\na\n{% endif %}
x  {{- n -}}  y
{%- set a = 1 -%}   x   {#- c -#}   y
{{ n }} {# c #}
  {# c #}  a
	{% if t %}	a{% endif %}
{% raw %}{{ a }}{% endraw %}{%- raw -%}  {% x %}  {%- endraw -%}  z
a{% raw +%}  b  {% endraw %}
{{ '{{' }} {{ '%}' }} {{ '{#' }} {{ "}}" }}
{{ {'a':{'b':1}} }}{{ {'a':{'b':{}}}['a']['b'] }}
'''.strip("\n").split("\n")

MULTI = [
    "a\n{% if t %}\n  b\n{% endif %}\n  c\n",
    "{% for x in l %}\n  {{ x }}\n{% endfor %}\n",
    "{%- for x in l %}\n  {{- x }}\n{%- endfor %}\n\n",
    "  {%- if t %}\n    a\n  {%- endif %}\n  b",
    "a\r\nb\r{{ n }}\r\n",
    "{# a\nb #}\nc\n{#- d -#}\n e",
    "{{ n }}\n\n{% set x = 1 %}\n\n{{ x }}\n\n",
    "\n{{- n }}\n{{ n -}}\n\n{{- n -}}\n",
    "{% macro m() %}\n  a\n{% endmacro %}\n{{ m() }}|\n{{ m()|trim }}",
    "  {% raw %}\n  {{ x }}\n  {% endraw %}\n  y",
    "x\n  {% raw -%}\n  {{ x }}\n  {%- endraw %}\n  y",
    "{% if t %}a{% endif %}\n\n{% if t %}b{% endif %}\n c",
    "line1\n    {%+ if t %}x{% endif +%}\nline2",
    "{% set x %}\n a\n{% endset %}\n[{{ x }}]",
    "{{ [\n  1,\n  2\n] }}\n{{ {\n'a': 1\n} }}",
    "a\n\n\n",
    "\n\n",
    "{% for x in l -%}\n  {{ x }},\n{%- endfor %}",
    "\u00a0{%- if t %}\u00a0a{% endif %}",
    "a\x0b {% if t %}b{% endif %}",
]


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def record(env, template):
    row = {"template": template, "context": {k: v for k, v in CONTEXT.items() if re.search(rf"\b{k}\b", template)}}
    try:
        row["expected"] = env.from_string(template).render(**copy.deepcopy(row["context"]))
    except Exception as e:
        row["error"] = {"kind": type(e).__name__, "message": str(e)}
    return row


def main():
    env = environment()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("w", encoding="utf-8") as out:
        rows = []
        for template in CASES + MULTI:
            template = template.replace("\\n", "\n") if "{% if t %}\\na" in template else template
            rows.append(record(env, template))
            pieces = re.findall(r"\{\{.*?\}\}(?= |\||$)", template)
            if "error" in rows[-1] and len(pieces) > 1 and "{%" not in template:      # one error hides the rest of the line
                rows += [record(env, piece) for piece in pieces]
        for number, row in enumerate(rows):
            out.write(json.dumps({"name": str(number), **row}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
