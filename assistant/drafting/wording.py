"""Turns a template and the facts of a letter into its text, so guarded that no template can hang or flood."""

from __future__ import annotations

import dataclasses
import difflib
import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.drafting.digest import DigestFacts
from assistant.drafting.etiquette import manners
from assistant.drafting.facts import LetterFacts
from assistant.drafting.plain import words_of
from assistant.drafting.shelf import DIGEST, Sheet, template
from assistant.errors import TemplateError
from assistant.model import Kind

OUTPUT_LIMIT = 20 * 1024
SUBJECT_LIMIT = 80
VARIABLES = tuple(field.name for field in dataclasses.fields(LetterFacts))
DIGEST_VARIABLES = tuple(field.name for field in dataclasses.fields(DigestFacts))
FILTERS = frozenset({"lower", "upper", "trim"})
TESTS = frozenset({"none", "even", "odd", "divisibleby"})

# A letter needs text, variables, choices and nothing else. Without loops, calls, macros and operators that
# build longer texts, the work and the output of a template grow no faster than its length.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr, nodes.Assign,
    nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Mod, nodes.FloorDiv, nodes.Filter, nodes.Test,
)  # fmt: skip
# A line of tags alone vanishes, so that it ends no paragraph. A comment takes up its line break: lines still count.
_TAG_LINE = re.compile(r"^((?:[ \t]*(?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\}))+)[ \t]*\n", re.MULTILINE)
_SUBJECT = re.compile(r"\A\s*Subject:[ \t]*(.*)\n")


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a letter, line breaks as a plain LF.

    ``subject`` is what the template proposes for a fresh message, None when it proposes none.
    ``template`` names the file as LANG/KIND.txt.j2.
    """

    text: str
    subject: str | None
    template: str
    language: str


class _LetterEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 without anything but variables and choices; arithmetic is for choosing among variants only."""

    intercepted_binops = frozenset({"%", "//"})

    def call_binop(self, context: object, operator: str, left: object, right: object) -> int:
        if not isinstance(left, int) or not isinstance(right, int) or right == 0:
            raise UndefinedError(f"{operator} is for choosing by the seed, with whole numbers only")
        return left % right if operator == "%" else left // right


def _no_none(value: object) -> object:
    if value is None:
        raise UndefinedError("a variable that is None here would be printed; ask for it with {% if ... %} first")
    # A line break inside a variable is meant; those of the template only make it readable.
    return value.replace("\n", "\\\n") if isinstance(value, str) else value


_ENVIRONMENT = _LetterEnvironment(undefined=StrictUndefined, finalize=_no_none, autoescape=False, cache_size=0)


def render(kind: Kind, facts: LetterFacts, directories: Sequence[Path]) -> Wording:
    """Return the words of a letter of this kind, in ``facts.language``.

    ``directories`` are searched in order (shelf.shelves). Raises TemplateError with file and line
    when there is no template, it says something a letter cannot say, or its text exceeds 20 kB.
    """
    return render_sheet(template(facts.language, kind, directories), facts)


def render_sheet(sheet: Sheet, facts: LetterFacts | DigestFacts) -> Wording:
    """Return the words of a letter or digest from a template that was read. Raises TemplateError as ``render`` does."""
    code = _compiled(sheet)
    values = {name: getattr(facts, name) for name in variables_of(sheet)}
    try:
        output = _limited(sheet, code.generate(values))
    except (JinjaError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
        raise _trouble(sheet, _line_in(sheet, error), str(error)) from error
    found = _SUBJECT.match(output)
    subject = words_of(found[1])[:SUBJECT_LIMIT].strip() if found else ""
    text = _unbroken(_joined(output[found.end() :] if found else output), facts.language)
    return Wording(text, subject or None, sheet.name, facts.language)


def shape(kind: Kind, facts: LetterFacts, directories: Sequence[Path]) -> str:
    """Return a letter without what is special to its reader: the same for all who get the same variant.

    Raises TemplateError as ``render`` does.
    """
    bare = dataclasses.replace(
        facts, greeting="", sign_off="", name=None, me="", topic=None, about=None, when=None, promised=None,
        question=None, cares_about=None, since=None, wish=None, aim=None,
        asked=True, fresh=False, offer="…", share="…", share_topic=None,
    )  # fmt: skip
    return render(kind, bare, directories).text


def check(sheet: Sheet) -> None:
    """Check a template without rendering it. Raises TemplateError, with line and proposal, for the first trouble."""
    _compiled(sheet)


def variables_of(sheet: Sheet) -> tuple[str, ...]:
    """Return the names that a template may use: those of a letter, or of the digest."""
    return DIGEST_VARIABLES if sheet.name.endswith(f"/{DIGEST}") else VARIABLES


def problems(sheet: Sheet) -> list[str]:
    """Return a sentence, with file and line, for everything in a template that a letter cannot say."""
    try:
        told = _problems(_parsed(sheet), variables_of(sheet))
        found = [_trouble(sheet, line, problem).message for line, problem in told]
        if not found:
            _compiled(sheet)
    except TemplateError as error:
        return [error.message]
    return found


@lru_cache(maxsize=64)  # compiling takes longer than all the rest; a sweep and a preview write many letters
def _compiled(sheet: Sheet) -> Template:
    tree = _parsed(sheet)
    for line, problem in _problems(tree, variables_of(sheet)):
        raise _trouble(sheet, line, problem)
    try:
        code = _ENVIRONMENT.compile(tree, sheet.name, str(sheet.path))
    except (RecursionError, SyntaxError, MemoryError) as error:  # Python's own limits on nested code
        raise _trouble(sheet, None, "it is nested too deeply") from error
    return Template.from_code(_ENVIRONMENT, code, {})


def _parsed(sheet: Sheet) -> nodes.Template:
    try:
        return _ENVIRONMENT.parse(_TAG_LINE.sub(r"\1{#\n#}", sheet.source))
    except TemplateSyntaxError as error:
        raise _trouble(sheet, error.lineno, str(error.message)) from error
    except (RecursionError, MemoryError) as error:
        raise _trouble(sheet, None, "it is nested too deeply") from error


def _problems(tree: nodes.Template, variables: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield line and sentence for everything in a template that a letter cannot say."""
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for node in _all_nodes(tree):
        if not isinstance(node, _ALLOWED):
            yield node.lineno, f"{_spoken(node)} is not for letters; text, variables and if are all that is needed"
        elif isinstance(node, nodes.Filter | nodes.Test):
            known = FILTERS if isinstance(node, nodes.Filter) else TESTS
            if node.name not in known:
                yield node.lineno, f"{node.name!r} is not known here{_meant(node.name, known)}"
        elif isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in own.union(variables):
            yield node.lineno, f"there is no variable {node.name!r}{_meant(node.name, [*variables, *own])}"
        elif isinstance(node, nodes.Assign) and not isinstance(node.target, nodes.Name):
            yield node.lineno, "set can name one variable only"


def _all_nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(node.iter_child_nodes())))


def _spoken(node: nodes.Node) -> str:
    return {"Getattr": "'.'", "Getitem": "'[...]'", "Mul": "'*'", "Pow": "'**'", "Add": "'+'", "Concat": "'~'"}.get(
        type(node).__name__, f"{type(node).__name__.lower()!r}"
    )


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _trouble(sheet: Sheet, line: int | None, what: str) -> TemplateError:
    where = f"{sheet.path}, line {line}" if line else str(sheet.path)
    sentence = what if what.endswith("?") else f"{what.rstrip('.')}."
    return TemplateError(f"{where}: {sentence}", "Correct it; templates/README.md names every variable.")


def _line_in(sheet: Sheet, error: BaseException) -> int | None:
    """Return the last line of the template that an error passed through (Jinja2 rewrites its traceback so)."""
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == str(sheet.path)]
    return lines[-1] if lines else None


def _limited(sheet: Sheet, pieces: Iterable[str]) -> str:
    output = ""
    for piece in pieces:
        output += piece
        if len(output.encode("utf-8", "replace")) > OUTPUT_LIMIT:
            raise _trouble(sheet, None, "its text is longer than 20 kB")
    return output


def _unbroken(text: str, language: str) -> str:
    """Return a text in which no line can end between a word and the mark that follows it after a space (French)."""
    known = manners(language)
    if known is None or not known.spaced:
        return text
    text = re.sub(rf"(?<=\S) (?=[{known.spaced}»])", "\N{NO-BREAK SPACE}", text)
    return text.replace("« ", "«\N{NO-BREAK SPACE}")


def _joined(output: str) -> str:
    """Return the letter with one line per paragraph: a blank line ends one, a backslash breaks the line."""
    paragraphs = re.split(r"\n\s*\n", output.strip())
    return (
        "\n\n".join(
            "\n".join(
                " ".join(re.split(r"[ \t\r\f\v]+", line.strip(" \t\r\f\v")))
                for line in re.sub(r"(?<!\\)\n", " ", paragraph).split("\\\n")
            )
            for paragraph in paragraphs
        )
        + "\n"
    )
