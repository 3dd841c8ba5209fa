"""A client's file, from bytes to fates."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leads.importing import (
    Fate,
    ImportOptions,
    ImportResult,
    Reason,
    Unreadable,
    UnreadableList,
    Warned,
    read_list,
    rejected_csv,
)
from leads.phone import PhoneNumber

UK = ImportOptions(default_country="GB")
ONE, TWO = "0113 496 0001", "0113 496 0002"


def a_file(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def refused(content: bytes, **options) -> UnreadableList:
    with pytest.raises(UnreadableList) as unreadable:
        read_list(content, ImportOptions(**options))
    assert unreadable.value.found and unreadable.value.expected and unreadable.value.remedy
    return unreadable.value


# --- a good file --------------------------------------------------------------------------------


def test_a_row_becomes_all_that_its_columns_say():
    result = read_list(
        a_file(
            "Телефон;Мобилен 2;Фирма;Лице за контакт;Имейл;Държава;Град;Език;Тип;Цвят;"
            "Съгласие файл;Дата на съгласие;Текст на съгласие",
            " (088) 812-34-56 ;00359 87 123 4567;ЕТ  Вега;\u00a0Иван\u200b Петров;i@example.com;"
            "България;София;български / en;ЕТ;син;form1.txt;05.03.2026;Съгласен съм",
        )
    )
    [row] = result.accepted
    assert [found.number for found in row.numbers] == ["+359888123456", "+359871234567"]
    assert (row.company, row.name, row.email) == ("ЕТ Вега", "Иван Петров", "i@example.com")
    assert (row.country, row.city, row.subject) == ("BG", "София", "sole_trader")
    assert row.languages == ("bg", "en")
    assert row.fields == {"Цвят": "син"}
    assert row.consent.evidence_reference == "form1.txt"
    assert row.consent.given_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert row.consent.wording == "Съгласен съм"
    assert row.warnings == ()
    assert result.delimiter == ";"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_delimiters_line_ends_and_byte_order_marks_are_found(delimiter, ending, encoding):
    lines = [["phone", "name", "note"], [ONE, "Zoë", "a"], [TWO, "Łucja", "b"]]
    text = ending.join(delimiter.join(cells) for cells in lines)
    result = read_list(text.encode(encoding), UK)
    assert [row.name for row in result.accepted] == ["Zoë", "Łucja"]
    assert [row.line for row in result.accepted] == [2, 3]
    assert result.delimiter == delimiter
    assert result.blank_lines == 0


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1251", ["Иван Петров", "Мария Димитрова", "Стоян Колев"]),
        ("cp1250", ["Łukasz Wiśniewski", "Małgorzata Żak", "Ştefan Ţăranu"]),
        ("cp1252", ["Zoë Müller", "José Muñoz", "François Lefèvre", "Søren Ågård"]),
    ],
)
@pytest.mark.parametrize("repeated", [1, 50])
def test_a_single_byte_encoding_is_told_by_its_words(encoding, names, repeated):
    lines = [f"+44113496{place:04};{name}" for place, name in enumerate(names * repeated)]
    result = read_list("\n".join(["phone;name", *lines]).encode(encoding))
    assert result.encoding == encoding
    assert next(row.cells[1] for row in (*result.accepted, *result.unaccepted)) == names[0]


def test_a_single_byte_encoding_is_told_by_its_header_or_its_country():
    text = "Телефон;Забележка\n0888 123 456;x\n"
    assert read_list(text.encode("cp1251"), ImportOptions(default_country="BG")).accepted
    polish = "phone;name\n601 234 567;Żak\n".encode("cp1250")
    assert read_list(polish, ImportOptions(default_country="PL")).accepted[0].name == "Żak"
    named = read_list(polish, ImportOptions(default_country="GB", encoding="cp1250"))
    assert named.unaccepted[0].cells[1] == "Żak"


def test_a_mapping_names_columns_nobody_could_guess():
    options = ImportOptions(
        default_country="GB",
        mapping={"phone": ("A", "C"), "name": ("B",)},
        ignored=("D",),
    )
    [row] = read_list(a_file("A,B,C,D,E", f"{ONE},Ann,{TWO},secret,kept"), options).accepted
    assert [found.number for found in row.numbers] == ["+441134960001", "+441134960002"]
    assert (row.name, row.fields) == ("Ann", {"E": "kept"})
    assert refused(a_file("phone,B", f"{ONE},x"), mapping={"name": ("Nom",)}).code is (
        Unreadable.MAPPED_COLUMN_MISSING
    )


def test_the_country_is_the_rows_else_the_numbers_else_the_files():
    result = read_list(
        a_file("phone,country", f"{ONE},UK", "+359888123456,", f"{TWO},", "+48601234567,Atlantis"),
        UK,
    )
    assert [row.country for row in result.accepted] == ["GB", "BG", "GB", "PL"]
    assert result.accepted[3].warnings == (Warned.COUNTRY,)
    assert result.accepted[3].languages == ("pl",)


def test_several_numbers_may_stand_in_one_cell_and_some_may_be_wrong():
    result = read_list(a_file("phone", f'"{ONE} ; n/a"', f"{TWO}/0113 496 0003"), UK)
    first, second = result.accepted
    assert first.warnings == (Warned.FURTHER_NUMBER,)
    assert len(second.numbers) == 2


def test_broken_details_cost_a_warning_and_not_the_row():
    [row] = read_list(
        a_file(
            "phone,email,time zone,language,type,consent date,obtained,name",
            f"{ONE},not an address,Mars/Base,klingon,alien,31.02.2026,soon,{'x' * 400}",
        ),
        UK,
    ).accepted
    assert set(row.warnings) == {
        Warned.EMAIL,
        Warned.TIME_ZONE,
        Warned.LANGUAGE,
        Warned.SUBJECT,
        Warned.CONSENT_DATE,
        Warned.OBTAINED_DATE,
        Warned.TEXT_TOO_LONG,
    }
    assert (row.email, row.time_zone, row.subject) == ("", None, "consumer")
    assert row.consent.given_at is None


def test_first_and_last_name_are_one_name():
    [row] = read_list(a_file("phone,first name,surname", f"{ONE},Ann,Lee"), UK).accepted
    assert row.name == "Ann Lee"


def test_blank_lines_and_the_spreadsheets_own_line_are_no_rows():
    result = read_list(a_file("sep=;", "phone;name", f"{ONE};Ann", ";", "", f"{TWO};Bob"), UK)
    assert (result.total, result.blank_lines) == (2, 2)
    assert [row.line for row in result.accepted] == [3, 6]


def test_a_cell_may_hold_lines_and_the_next_row_keeps_its_own_line():
    result = read_list(a_file("phone,note", f'{ONE},"one\ntwo"', f"{TWO},x"), UK)
    assert [row.line for row in result.accepted] == [2, 4]
    assert result.accepted[0].fields == {"note": "one two"}


# --- rows that are not accepted -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "reason", "column"),
    [
        (",Ann", Reason.NUMBER_MISSING, "phone"),
        ("call me,Ann", Reason.NUMBER_UNREADABLE, "phone"),
        ("4.41135E+11,Ann", Reason.NUMBER_ROUNDED, "phone"),
        ("0113,Ann", Reason.NUMBER_TOO_SHORT, "phone"),
        ("0113 496 0001 0002,Ann", Reason.NUMBER_TOO_LONG, "phone"),
        ("07700 900123,Ann", Reason.NUMBER_NOT_IN_PLAN, "phone"),
        (f"{TWO},Ann,x,y", Reason.TOO_MANY_CELLS, ""),
        ("phone,name", Reason.REPEATED_HEADER, ""),
    ],
)
def test_a_rejected_row_says_where_and_why(cells, reason, column):
    result = read_list(a_file("phone,name", f"{ONE},Ann", cells), UK)
    [row] = result.rejected
    assert (row.line, row.reason, row.column) == (3, reason, column)
    assert row.sentence
    assert not any(part in row.sentence for part in ("900123", "Ann"))


def test_a_local_number_without_any_country_is_rejected():
    [row] = read_list(a_file("phone", ONE)).rejected
    assert row.reason is Reason.NUMBER_WITHOUT_COUNTRY


def test_any_shared_number_makes_a_duplicate_and_says_of_what():
    result = read_list(
        a_file("phone,phone 2", f"{ONE},{TWO}", f"0113 496 0003,+44 {TWO[1:]}", "0113 496 0004,"),
        UK,
        known={PhoneNumber("+441134960004")},
    )
    first, second = result.duplicates
    assert (first.reason, first.sentence) == (
        Reason.DUPLICATE_IN_LIST,
        "shares a number with the row in line 2",
    )
    assert second.reason is Reason.DUPLICATE_OF_CLIENT


def test_rejected_rows_can_be_mended_and_sent_again():
    header = "Nr tel;Imię i nazwisko;Kolor"
    result = read_list(a_file(header, f"{ONE};Zoë;red", "0113 49;Łucja;blue"), UK)
    file = rejected_csv(result)
    assert file.startswith(b"\xef\xbb\xbf")
    again = read_list(file.replace(b"0113 49;", b"0113 496 0005;", 1), UK)
    [row] = again.accepted
    assert (row.name, row.fields) == ("Łucja", {"Kolor": "blue"})
    assert rejected_csv(again).count(b"problem_code") == 1


# --- files that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Unreadable.EMPTY),
        (b" \r\n\n", Unreadable.EMPTY),
        (b"\xef\xbb\xbf", Unreadable.NO_ROWS),
        (b"PK\x03\x04" + bytes(100), Unreadable.NOT_TEXT),
        (bytes(range(1, 32)) * 40, Unreadable.NOT_TEXT),
        (b"phone,name\n0113,\x00", Unreadable.NOT_TEXT),
        ("phone,name\n0113 496 0001,x".encode("utf-16-le"), Unreadable.UTF16_WITHOUT_BOM),
        ("Телефон;Име\n0888123456;Иван".encode("utf-16-be"), Unreadable.UTF16_WITHOUT_BOM),
        (b" <!DOCTYPE html><table><tr><td>phone", Unreadable.NOT_TEXT),
        (b"phone,name\n", Unreadable.NO_ROWS),
        (b"phone,name\n,\n , \n", Unreadable.NO_ROWS),
        (b"phone,name\nphone,name\n0113 496 0001,x\n", Unreadable.TWO_HEADERS),
        (b"phone;name\nTelefon;Nazwisko\n0113 496 0001;x\n", Unreadable.TWO_HEADERS),
        (b"name,company\nAnn,x\n", Unreadable.NO_PHONE_COLUMN),
        (b"0113 496 0001,Ann\n0113 496 0002,Bob\n", Unreadable.NO_HEADER),
        (b"Customers 2026\nphone,name\n0113 496 0001,x\n", Unreadable.NO_HEADER),
        (b'phone,name\n0113 496 0001,"x\n0113 496 0002,y\n', Unreadable.UNCLOSED_QUOTE),
        (b'phone,name\n1,"Ann\n2,Bob\n3,"Cid"\n', Unreadable.UNCLOSED_QUOTE),
        (b"phone,name\n0113 496 0001," + b"x" * 32_769 + b"\n", Unreadable.HUGE_CELL),
        (b"phone,name\n0113 496 0001," + b"x" * 200_000 + b"\n", Unreadable.HUGE_CELL),
        (b"phone" + b"," * 1_000 + b"\nx\n", Unreadable.TOO_MANY_COLUMNS),
    ],
)
def test_a_broken_file_imports_nothing_and_says_what_to_do(content, code):
    assert refused(content, default_country="GB").code is code


def test_a_header_below_a_title_is_pointed_at():
    for delimiter in ",;\t|":
        header = f"phone{delimiter}name\n0113 496 0001{delimiter}x\n"
        assert "line 3" in refused(b"Customers 2026\n\n" + header.encode()).found


def test_utf_8_damaged_in_one_place_is_not_read_as_gibberish():
    lines = [f"0113 496 {place:04},Zoë O\u2019Brien" for place in range(20)]
    content = a_file("phone,name", *lines)
    fault = refused(content.replace(b"496 0009,Zo\xc3", b"496 0009,Zo"), default_country="GB")
    assert "line 11 is not UTF-8" in fault.found
    cut = content[: content.rindex(b"\x99")]
    assert refused(cut, default_country="GB").code is Unreadable.ENCODING


def test_utf_16_without_its_mark_is_read_when_it_is_named():
    content = "Телефон;Име\n0888123456;Иван".encode("utf-16-le")
    [row] = read_list(content, ImportOptions(default_country="BG", encoding="utf-16-le")).accepted
    assert row.name == "Иван"


def test_too_many_rows_are_refused_before_any_is_read():
    content = b"phone\n" + b"0113 496 0001\n" * 1_000_000
    assert refused(content).code is Unreadable.TOO_LARGE
    quoted = b"phone\n" + b'"0113 496 0001"\n' * 11
    assert refused(quoted, rows_limit=10).code is Unreadable.TOO_LARGE
    assert read_list(quoted, ImportOptions(rows_limit=11)).total == 11
    assert refused(quoted, bytes_limit=20).code is Unreadable.TOO_LARGE


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "\0", "utf-16"])
def test_an_encoding_that_is_no_encoding_or_not_that_of_the_file_is_refused(encoding):
    fault = refused("phone,name\n+44113,Zoë\n".encode(), encoding=encoding)
    assert fault.code in (Unreadable.ENCODING, Unreadable.NOT_TEXT, Unreadable.NO_PHONE_COLUMN)


def test_bytes_no_candidate_can_read_are_refused():
    content = b"phone,name\n+441134960001,\x81\x83\n"
    assert refused(content, default_country="GB").code is Unreadable.ENCODING


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(delimiter):
    refused(a_file("phone", ONE), delimiter=delimiter)


# --- anything at all ----------------------------------------------------------------------------

CELLS = st.text(max_size=12) | st.sampled_from(
    [ONE, TWO, "+48 601 234 567", "0888123456", '"', "phone", "n/a", "05.03.2026", "\u00a0"]
)
LINES = st.lists(st.lists(CELLS, max_size=5).map(";".join), max_size=8)


@given(LINES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251", "cp1250"]))
@settings(max_examples=300)
def test_whatever_the_rows_every_one_has_one_fate(lines, encoding):
    text = "\n".join(["Phone;Name;Country;Consent date;Language", *lines])
    content = text.encode(encoding, "replace")
    try:
        result = read_list(content, UK)
    except UnreadableList as unreadable:
        assert unreadable.code in Unreadable
        return
    assert isinstance(result, ImportResult)
    assert result.total == len(result.accepted) + len(result.rejected) + len(result.duplicates)
    assert sum(result.reasons.values()) == len(result.unaccepted)
    numbers = [found.number for row in result.accepted for found in row.numbers]
    assert len(numbers) == len(set(numbers))
    assert all(row.fate in Fate for row in result.unaccepted)
    again = read_list(rejected_csv(result), UK) if result.rejected else result
    assert again.total >= len(result.rejected) - again.blank_lines


@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\x00\x00")
@example(b"phone\n\xed\xa0\x80")
def test_any_bytes_are_a_list_or_refused(content):
    try:
        read_list(content)
    except UnreadableList:
        return


@given(st.binary(max_size=200))
def test_any_bytes_below_a_header_are_rows_or_refused(content):
    try:
        read_list(b"phone,name,country\n" + content, UK)
    except UnreadableList:
        return
