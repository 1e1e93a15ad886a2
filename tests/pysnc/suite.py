"""What PySNC, ServiceNow's own Python client, can do against an instance, done against the sandbox.

Run by `tests/pysnc/main.rs`, which starts the sandbox with `--seed pysnc --tls` and names it in SANDBOX_URL.
The sys_ids are those of ServiceNow's demo data, which that seed holds.
"""

import asyncio
import os
import tempfile
import unittest

import requests
from pysnc import ServiceNowClient, exceptions
from pysnc.asyncio import AsyncServiceNowClient
from pysnc.auth import ServiceNowClientCredentialsFlow, ServiceNowPasswordGrantFlow
from pysnc.query import Query
from pysnc.record import GlideElement

URL = os.environ["SANDBOX_URL"]
ADMIN = ("admin", "admin")
CLIENT = ("kb-publish-sandbox", "kb-publish-sandbox")

ADMIN_ID = "6816f79cc0a8016401c5a33be04be441"
PROBLEM_ADMIN_ID = "26fbff173b331300ad3cc9bb34efc4bd"
ADMIN_ROLE_ID = "2831a114c611228501d4ea6c309d626d"
FINANCE_ID = "a581ab703710200044e0bfc8bcbe5de8"
HEAD_OF_FINANCE_ID = "46c5bf6ca9fe1981010713e3ac7d3384"
IT_BASE_ID = "a7e8a78bff0221009b20ffffffffff17"


class Case(unittest.TestCase):
    def setUp(self):
        self.client = ServiceNowClient(URL, ADMIN)
        self.addCleanup(self.client.session.close)

    def record(self, table, **kind):
        return self.client.GlideRecord(table, **kind)

    def count(self, table, *condition):
        rows = self.record(table)
        rows.add_query(*condition)
        rows.query()
        return len(rows)

    def new_problem(self, text):
        row = self.record("problem")
        row.initialize()
        row.short_description = text
        self.assertIsNotNone(row.insert())
        self.addCleanup(self.forget, "problem", row.get_value("sys_id"))
        return row

    def forget(self, table, sys_id):
        row = self.record(table)
        if row.get(sys_id):
            row.delete()


class Reading(Case):
    def test_get_by_id_and_by_column(self):
        for key in [(ADMIN_ID,), ("sys_id", ADMIN_ID), ("user_name", "admin")]:
            user = self.record("sys_user")
            self.assertTrue(user.get(*key), key)
            self.assertEqual((user.user_name, user.name), ("admin", "System Administrator"))

    def test_get_what_is_not_there(self):
        self.assertFalse(self.record("sys_user").get("bunk"))
        self.assertFalse(self.record("sys_user").get("sys_id", "bunk"))

    def test_unknown_table_and_wrong_password(self):
        with self.assertRaises(exceptions.RequestException):
            self.record("sys_user_list").get("anything")
        with self.assertRaises(exceptions.AuthenticationException) as caught:
            ServiceNowClient(URL, ("test", "test")).GlideRecord("sys_user").get("x")
        self.assertIn("Required to provide Auth information", str(caught.exception))

    def test_an_address_too_long_is_answered_with_a_page(self):
        with self.assertRaisesRegex(exceptions.RequestException, r"(?s)^<.*html>.*"):
            self.record("A" * 23000).get("anything")

    def test_or_conditions(self):
        rows = self.record("sys_db_object")
        rows.add_query("name", "alm_asset").add_or_condition("name", "bsm_chart")
        rows.query()
        self.assertEqual(rows.get_row_count(), 2)

    def test_conditions_of_every_kind(self):
        every = self.count("problem", "sys_id", "!=", "x")
        self.assertGreaterEqual(every, 9)
        some = self.record("problem")
        some.limit = 1
        some.query()
        some.next()
        number = str(some.number)
        for operator, value in [
            ("=", number), ("STARTSWITH", number), ("ENDSWITH", number[3:]), ("CONTAINS", number[1:]),
            ("LIKE", number), ("IN", f"{number},nothing"), (">=", number),
        ]:
            rows = self.record("problem")
            rows.add_query("number", operator, value)
            rows.query()
            self.assertGreaterEqual(len(rows), 1, operator)
            self.assertIn(number, [str(row.number) for row in rows], operator)
        self.assertEqual(self.count("problem", "number", "NOT IN", number), every - 1)

    def test_empty_and_not_empty(self):
        everybody = self.record("sys_user")
        everybody.query()
        nameless = self.record("sys_user")
        nameless.add_null_query("name")
        nameless.query()
        self.assertNotEqual(len(everybody), len(nameless))
        mobile = self.record("sys_user")
        mobile.add_not_null_query("mobile_phone")
        mobile.query()
        self.assertLess(len(mobile), 20)

    def test_unknown_column_in_a_query_is_ignored(self):
        rows = self.record("sys_user")
        rows.add_query("sys_id", ADMIN_ID)
        rows.add_query("no_such_column", "x")
        rows.query()
        self.assertEqual(len(rows), 1)

    def test_a_query_too_long_for_an_address_goes_by_batch(self):
        rows = self.record("sys_user")
        for _ in range(2300):
            rows.add_query("AAAA", "BBBB")
        rows.add_query("sys_id", ADMIN_ID)
        self.assertGreater(len(rows.get_encoded_query()), 23000)
        rows.query()
        self.assertEqual(len(rows), 1)
        self.assertTrue(rows.next())
        self.assertEqual(rows.sys_id, ADMIN_ID)

    def test_order(self):
        up, down = self.record("sys_user"), self.record("sys_user")
        up.order_by("user_name")
        down.order_by_desc("user_name")
        up.query()
        down.query()
        names = [str(row.user_name) for row in up]
        self.assertEqual(names, sorted(names, key=str.lower))
        self.assertEqual([str(row.user_name) for row in down], names[::-1])

    def test_joins(self):
        managers = self.record("sys_user")
        managers.add_join_query("sys_user_group", join_table_field="manager").add_query("active", "true")
        managers.query()
        self.assertGreater(managers.get_row_count(), 1)
        admins = self.record("sys_user")
        admins.add_join_query("sys_user_has_role", join_table_field="user").add_query("role", ADMIN_ROLE_ID)
        admins.query()
        self.assertGreater(len(admins), 10)
        self.assertLess(len(admins), 25)

    def test_related_lists(self):
        groups = self.record("sys_user_group")
        related = groups.add_rl_query("sys_group_has_role", "group", ">0", True)
        related.add_query("role.name", "LIKE", "admin")
        groups.query()
        self.assertGreater(groups.get_row_count(), 2)
        self.assertLess(groups.get_row_count(), 8)


    def test_a_query_object_of_ones_own(self):
        own = Query()
        own.add_query("sys_id", ADMIN_ID)
        own.add_query("no_such_column", "x")
        rows = self.record("sys_user")
        rows.query(own)
        self.assertEqual(len(rows), 1)
        rows.add_encoded_query(own.generate_query())
        rows.query()
        self.assertEqual(len(rows), 1)

    def test_nothing_before_a_query_and_nothing_found(self):
        rows = self.record("sys_user")
        self.assertEqual((len(rows), rows.get_row_count()), (0, 0))
        rows.add_query("sys_id", "bunk")
        self.assertFalse(rows.has_next())
        rows.query()
        self.assertFalse(rows.has_next())
        self.assertEqual(list(rows), [])

    def test_a_row_is_asked_for_before_it_is_read(self):
        rows = self.record("sys_user")
        rows.limit = 1
        rows.query()
        with self.assertRaises(AttributeError):
            _ = rows.sys_id
        with self.assertRaises(exceptions.NoRecordException):
            rows.get_value("sys_id")
        self.assertTrue(rows.next())
        self.assertFalse(rows.is_new_record())
        self.assertFalse(rows.changes())
        rows.user_name = "other"
        self.assertTrue(rows.changes())

    def test_links_to_the_form_and_the_list(self):
        user = self.record("sys_user")
        user.get(ADMIN_ID)
        self.assertTrue(user.get_link(no_stack=True).endswith(f"sys_user.do?sys_id={ADMIN_ID}"))
        some = self.record("sys_user")
        some.add_active_query()
        self.assertTrue(some.get_link_list().startswith(f"{URL}/sys_user_list.do?"))

    def test_who_may_not_is_told_so(self):
        reader = ServiceNowClient(URL, ("reader", "reader"))
        self.addCleanup(reader.session.close)
        row = reader.GlideRecord("problem")
        row.initialize()
        row.short_description = "No role for this"
        with self.assertRaises(exceptions.RoleException):
            row.insert()

    def test_an_address_that_is_none(self):
        with self.assertRaises(exceptions.InstanceException):
            ServiceNowClient("http://bunk.service-now.com", ADMIN)


class Paging(Case):
    def test_pages_of_any_size_give_every_row_once(self):
        for limit, size in [(9, 3), (7, 3), (4, 100)]:
            rows = self.record("problem", batch_size=size)
            rows.fields = "sys_id"
            rows.limit = limit
            rows.query()
            self.assertEqual(len({str(row.sys_id) for row in rows}), limit)

    def test_a_long_table(self):
        rows = self.record("syslog")
        rows.fields = ["sys_id"]
        rows.query()
        rows.limit = 1100
        seen = set()
        while rows.next():
            seen.add(str(rows.sys_id))
        self.assertGreater(len(seen), 600)

    def test_rewinding(self):
        rows = self.record("sys_metadata", batch_size=100)
        rows.fields = "sys_id"
        rows.limit = 500
        rows.query()
        self.assertGreater(len(rows), 500)
        self.assertEqual(len([row.sys_id for row in rows]), 500)
        self.assertEqual(len([row.sys_id for row in rows]), 500)
        once = self.record("sys_metadata", batch_size=250, rewindable=False)
        once.fields = "sys_id"
        once.limit = 500
        once.query()
        self.assertEqual(len([row for row in once]), 500)
        self.assertEqual(len([row for row in once]), 0)

    def test_has_next(self):
        rows = self.record("sys_user")
        rows.add_active_query()
        rows.limit = 2
        rows.query()
        self.assertTrue(rows.next() and rows.has_next() and rows.next())
        self.assertFalse(rows.has_next())


class Columns(Case):
    def test_only_those_asked_for(self):
        user = self.record("sys_user")
        user.fields = "sys_id,name"
        self.assertTrue(user.get(ADMIN_ID))
        self.assertEqual(set(user.serialize()), {"sys_id", "name"})
        self.assertTrue("name" in user and "whatever" not in user)

    def test_all_of_them(self):
        user = self.record("sys_user")
        self.assertTrue(user.get(ADMIN_ID))
        self.assertGreater(len(user.fields), 10)
        self.assertEqual(user.get_display_value("user_password"), "********")
        self.assertIsNone(user.get_element("no_such_column"))

    def test_booleans_are_words(self):
        user = self.record("sys_user")
        user.get(ADMIN_ID)
        self.assertEqual((user.get_value("active"), user.get_display_value("active")), ("true", "true"))
        self.assertTrue(bool(user.active))

    def test_dot_walking(self):
        user = self.record("sys_user")
        user.fields = "sys_id,email,department,department.name,department.dept_head,department.dept_head.email"
        self.assertTrue(user.get(ADMIN_ID))
        self.assertEqual(user.email, "admin@example.com")
        self.assertEqual((user.department, user.department.name), (FINANCE_ID, "Finance"))
        self.assertEqual(user.department.dept_head, HEAD_OF_FINANCE_ID)
        self.assertEqual(user.department.dept_head.email, "natasha.ingram@example.com")
        self.assertIsInstance(user.department.dept_head.email, GlideElement)
        with self.assertRaises(AttributeError):
            _ = user.department.description

    def test_display_values_follow_the_user(self):
        stored, shown = self.record("sys_user"), self.record("sys_user")
        stored.display_value, shown.display_value = False, True
        for rows in (stored, shown):
            rows.limit = 1
            rows.query()
            self.assertTrue(rows.next())
        self.assertFalse(stored.sys_updated_on.nil())
        self.assertEqual(stored.sys_updated_on.get_value(), stored.sys_updated_on.get_display_value())
        self.assertNotEqual(stored.sys_updated_on.get_value(), shown.get_value("sys_updated_on"))

    def test_reference_links(self):
        row = self.new_problem("Links")
        found = self.record("problem")
        found.exclude_reference_link = False
        self.assertTrue(found.get(row.get_value("sys_id")))
        self.assertTrue(found.opened_by.get_link().endswith(f"/api/now/table/sys_user/{ADMIN_ID}"))
        self.assertTrue(found.opened_by.get_link().startswith(URL))


class Writing(Case):
    def test_insert_update_delete(self):
        row = self.record("problem")
        row.initialize()
        row.short_description = "Made by a test"
        row.description = "Second column"
        row.bunk_field = "unknown columns are ignored"
        made = row.insert()
        self.assertIsNotNone(made)
        self.assertEqual(row.get_value("opened_by"), ADMIN_ID)
        self.assertEqual(row.get_display_value("opened_by"), "System Administrator")
        self.assertTrue(str(row.number).startswith("PRB"))
        other = self.record("sys_user")
        self.assertTrue(other.get(PROBLEM_ADMIN_ID))
        again = self.record("problem")
        self.assertTrue(again.get(made))
        again.short_description = "Changed"
        again.assigned_to = other.sys_id
        self.assertTrue(again.changes())
        self.assertIsNotNone(again.update())
        self.assertEqual(again.get_display_value("assigned_to"), other.get_value("name"))
        third = self.record("problem")
        self.assertTrue(third.get(made))
        self.assertEqual(third.short_description, "Changed")
        self.assertTrue(third.delete())
        self.assertFalse(self.record("problem").get(made))

    def test_a_chosen_sys_id_is_kept(self):
        chosen = "AAAABBBBCCCCDDDDEEEEFFFF00001111"
        self.forget("problem", chosen)
        row = self.record("problem")
        row.initialize()
        row.set_new_guid_value(chosen)
        row.short_description = "Chosen"
        self.assertEqual(row.insert(), chosen)
        self.assertTrue(self.record("problem").get(chosen))
        self.forget("problem", chosen)
        self.assertFalse(self.record("problem").get(chosen))

    def test_a_row_taken_out_of_its_list(self):
        row = self.record("problem")
        self.assertTrue(row.get(self.new_problem("Popped").get_value("sys_id")))
        for _ in range(2):
            popped = row.pop_record()
            popped.short_description = "Popped and changed"
            self.assertTrue(popped.update())
        self.assertTrue(row.delete())

    def test_deleting_what_a_query_finds(self):
        for n in range(5):
            self.new_problem(f"To be swept {n}")
        for left in (5, 0):
            self.assertEqual(self.count("problem", "short_description", "LIKE", "To be swept"), left)
            rows = self.record("problem")
            rows.add_query("short_description", "LIKE", "To be swept")
            self.assertTrue(rows.delete_multiple())

    def test_many_at_once_by_batch(self):
        for n in range(10):
            self.new_problem(f"Batch of tests {n}")
        rows = self.record("problem")
        rows.add_query("short_description", "LIKE", "Batch of tests")
        rows.query()
        self.assertEqual(len(rows), 10)
        while rows.next():
            rows.short_description = rows.short_description + " -- appended"
        self.assertTrue(rows.update_multiple())
        changed = self.record("problem")
        changed.add_query("short_description", "LIKE", "-- appended")
        changed.query()
        self.assertEqual(len(changed), 10)
        expected = []
        for n, row in enumerate(changed):
            if n % 2 == 0:
                row.short_description = row.short_description + " even"
                expected.append(row.get_value("sys_id"))
        seen = []
        changed.update_multiple(lambda response: seen.append(response.json()["result"]["sys_id"]["value"]))
        self.assertEqual(seen, expected)
        self.assertTrue(changed.delete_multiple())
        self.assertEqual(self.count("problem", "short_description", "LIKE", "Batch of tests"), 0)

    def test_a_batch_tells_which_writes_a_rule_refused(self):
        rule = self.record("sys_script")
        rule.initialize()
        for column, value in {
            "name": "refuse by a word", "collection": "problem", "active": True, "when": "before", "order": 100,
            "action_insert": True, "action_update": True, "abort_action": True, "add_message": True,
            "message": "refused", "filter_condition": "short_descriptionLIKEFORBIDDEN^ORdescriptionLIKEFORBIDDEN^EQ",
        }.items():
            rule.set_value(column, value)
        self.addCleanup(self.forget, "sys_script", rule.insert())
        for n in range(4):
            self.new_problem(f"Half refused {n}")
        rows = self.record("problem")
        rows.add_query("short_description", "LIKE", "Half refused")
        rows.query()
        for n, row in enumerate(rows):
            row.short_description = row.short_description + (" FORBIDDEN" if n < 2 else " fine")
        self.assertFalse(rows.update_multiple())
        self.assertEqual(self.count("problem", "short_description", "LIKE", " fine"), 2)
        self.assertEqual(self.count("problem", "short_description", "LIKE", "FORBIDDEN"), 0)

    def test_an_article_of_the_knowledge_base(self):
        article = self.record("kb_knowledge")
        article.initialize()
        article.short_description = "Written by PySNC"
        article.text = "<p>Hello <script>alert(1)</script></p>"
        article.kb_knowledge_base = IT_BASE_ID
        made = article.insert()
        self.addCleanup(self.forget, "kb_knowledge", made)
        self.assertTrue(str(article.number).startswith("KB"))
        self.assertEqual(article.get_display_value("kb_knowledge_base"), "IT")
        self.assertNotIn("script", str(article.text))


class Attachments(Case):
    def test_text_and_bytes_come_back_and_go(self):
        row = self.new_problem("With files")
        self.assertEqual(len(row.get_attachments()), 0)
        row.add_attachment("test.txt", "this is a sample\nwith\nfour\nlines")
        raw = bytes(range(256)) * 5000
        row.add_attachment("test.bin", raw)
        found = self.record("problem")
        self.assertTrue(found.get(row.get_value("sys_id")))
        files = found.get_attachments()
        self.assertEqual(len(files), 2)
        for file in files:
            if file.file_name.endswith("txt"):
                self.assertEqual(file.readlines(), ["this is a sample", "with", "four", "lines"])
            else:
                self.assertEqual(file.read(), raw)
                with tempfile.TemporaryDirectory() as folder:
                    with open(file.write_to(folder), "rb") as written:
                        self.assertEqual(written.read(), raw)
                with file.as_temp_file() as temporary:
                    self.assertEqual(temporary.read(), raw)
        for file in found.get_attachments():
            file.delete()
        self.assertEqual(len(found.get_attachments()), 0)


class Serialization(Case):
    def rows(self):
        rows = self.record("problem")
        rows.fields = "sys_id,short_description,state"
        rows.limit = 4
        rows.query()
        return rows

    def test_one_row(self):
        rows = self.rows()
        self.assertIsNone(rows.serialize())
        self.assertTrue(rows.next())
        self.assertEqual(list(rows.serialize()), ["sys_id", "short_description", "state"])
        both = rows.serialize(display_value="both")["state"]
        self.assertEqual(set(both), {"value", "display_value"})
        self.assertNotEqual(both["value"], both["display_value"])
        rows.short_description = "new"
        self.assertEqual(list(rows.serialize(changes_only=True)), ["short_description"])

    def test_columns_for_a_data_frame(self):
        smart = self.rows().to_pandas()
        self.assertEqual(list(smart), ["sys_id", "short_description", "state__value", "state__display"])
        self.assertTrue(all(len(values) == 4 for values in smart.values()))
        self.assertEqual(list(self.rows().to_pandas(mode="display")), ["sys_id", "short_description", "state"])
        both = self.rows().to_pandas(mode="both")
        self.assertTrue({"sys_id__value", "short_description__display", "state__value"} <= set(both))
        renamed = self.rows().to_pandas(columns=["a", "b", "c"], mode="value")
        self.assertEqual(list(renamed), ["a", "b", "c"])

    def test_all_rows_by_pages(self):
        rows = self.record("problem")
        rows.batch_size = 3
        rows.limit = 9
        rows.query()
        self.assertEqual(len(rows.serialize_all()), 9)


class SigningIn(unittest.TestCase):
    def reads(self, auth):
        client = ServiceNowClient(URL, auth)
        self.addCleanup(client.session.close)
        user = client.GlideRecord("sys_user")
        user.fields = "sys_id"
        self.assertTrue(user.get(ADMIN_ID))
        return client

    def test_password(self):
        client = self.reads(ServiceNowPasswordGrantFlow(*ADMIN, *CLIENT))
        self.assertGreater(client.session.token["expires_in"], 1700)

    def test_password_renewed(self):
        client = self.reads(ServiceNowPasswordGrantFlow(*ADMIN, *CLIENT))
        before = client.session.token["refresh_token"]
        renewed = client.session.refresh_token(client.session.auto_refresh_url)
        self.assertEqual(renewed["refresh_token"], before)
        self.assertTrue(client.GlideRecord("sys_user").get(ADMIN_ID))

    def test_client_credentials(self):
        self.reads(ServiceNowClientCredentialsFlow(*CLIENT))

    def test_wrong_secret(self):
        with self.assertRaises(exceptions.AuthenticationException):
            ServiceNowClient(URL, ServiceNowClientCredentialsFlow(CLIENT[0], "wrong"))

    def test_a_session_of_ones_own(self):
        session = requests.Session()
        form = {"grant_type": "password", "client_id": CLIENT[0], "client_secret": CLIENT[1],
                "username": ADMIN[0], "password": ADMIN[1]}
        token = requests.post(f"{URL}/oauth_token.do", data=form, timeout=30).json()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        self.reads(session)


class Asynchronous(unittest.TestCase):
    def test_the_asynchronous_client(self):
        asyncio.run(self.go())

    async def go(self):
        client = AsyncServiceNowClient(URL, ADMIN)
        rows = await client.GlideRecord("problem", batch_size=3)
        rows.fields = "sys_id"
        rows.limit = 7
        await rows.query()
        self.assertEqual(len([str(row.sys_id) async for row in rows]), 7)
        row = await client.GlideRecord("problem")
        row.initialize()
        row.short_description = "Made asynchronously"
        made = await row.insert()
        self.assertIsNotNone(made)
        await row.add_attachment("a.txt", b"async")
        files = await row.get_attachments()
        self.assertEqual(len(files), 1)
        row.short_description = "Changed asynchronously"
        self.assertIsNotNone(await row.update())
        self.assertTrue(await row.delete())
        self.assertFalse(await (await client.GlideRecord("problem")).get(made))
        await client.close()


if __name__ == "__main__":
    unittest.main()
