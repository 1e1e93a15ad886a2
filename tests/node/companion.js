// The companion's script with stand-ins of the Glide classes that it uses. Run by tests/node/main.rs.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const ROW = 'a'.repeat(32);
const script = fs.readFileSync(path.join(__dirname, '../../companion/kb_publish_companion.js'), 'utf8');

/** An instance in memory: tables of rows, and the script's global names. */
function instance(options = {}) {
    const tables = {
        kb_knowledge: [{
            sys_id: ROW, number: 'KB1', article_id: ROW, workflow_state: 'published', sys_mod_count: '4',
            sys_updated_by: 'ann', short_description: 'Old', text: '<img src="/sys_attachment.do?sys_id=' + 'c'.repeat(32) + '">',
            description: 'stamp', ...options.row
        }],
        sys_attachment: [{ sys_id: 'c'.repeat(32), table_name: 'kb_knowledge', table_sys_id: ROW, file_name: 'old-1.png' }]
    };
    let made = 0;
    const id = () => String(++made).padStart(32, 'd');
    class GlideRecord {
        constructor(table) { this.table = table; this.filters = []; this.found = []; this.values = null; }
        addQuery(column, operator, value) {
            if (value === undefined) { this.filters.push((row) => row[column] === operator); return; }
            assert.strictEqual(operator, 'IN');
            this.filters.push((row) => value.split(',').includes(row[column]));
        }
        orderBy() {}
        setLimit(most) { this.most = most; }
        query() { this.found = tables[this.table].filter((row) => this.filters.every((fits) => fits(row))); }
        next() { const row = this.found.shift(); if (row) { this.values = { ...row }; } return Boolean(row); }
        get(wanted) {
            const row = tables[this.table].find((one) => one.sys_id === wanted);
            if (row) { this.values = { ...row }; }
            return Boolean(row);
        }
        getValue(column) { return this.values[column] === undefined ? null : this.values[column]; }
        setValue(column, value) { this.values[column] = value; }
        getUniqueValue() { return this.values.sys_id; }
        update() {
            if (options.refuseUpdate) { return null; }
            const at = tables[this.table].findIndex((one) => one.sys_id === this.values.sys_id);
            this.values.sys_mod_count = String(Number(this.values.sys_mod_count) + 1);
            tables[this.table][at] = { ...this.values };
            return this.values.sys_id;
        }
        deleteRecord() {
            if (options.refuseDelete) { return false; }
            tables[this.table] = tables[this.table].filter((one) => one.sys_id !== this.values.sys_id);
            return true;
        }
    }
    class GlideRecordSecure extends GlideRecord {
        get(wanted) { return options.hidden ? false : super.get(wanted); }
    }
    class GlideSysAttachment {
        write(row, name, type, bytes) {
            const file = { sys_id: id(), table_name: 'kb_knowledge', table_sys_id: row.getUniqueValue(), file_name: name, type, bytes };
            tables.sys_attachment.push(file);
            return file.sys_id;
        }
        deleteAttachment(wanted) { tables.sys_attachment = tables.sys_attachment.filter((one) => one.sys_id !== wanted); }
    }
    class KBVersioning {
        checkout(row) {
            if (options.refuseCheckout) { return; }
            const draft = { ...row.values, sys_id: id(), workflow_state: 'draft', sys_mod_count: '0' };
            for (const file of tables.sys_attachment.filter((one) => one.table_sys_id === row.getUniqueValue())) {
                const copy = { ...file, sys_id: id(), table_sys_id: draft.sys_id };
                tables.sys_attachment.push(copy);
                draft.text = draft.text.split(file.sys_id).join(copy.sys_id);
            }
            tables.kb_knowledge.push(draft);
        }
    }
    class KnowledgeUIAction {
        canCheckout() { return !options.mayNot; }
        publish(row) {
            if (options.refusePublish) { throw new Error('the workflow refuses'); }
            for (const one of tables.kb_knowledge) {
                if (one.sys_id === row.getUniqueValue()) { one.workflow_state = options.approval ? 'review' : 'published'; }
                else if (!options.approval && one.workflow_state === 'published') { one.workflow_state = 'outdated'; }
            }
        }
    }
    const GlideStringUtil = { base64DecodeAsBytes: (text) => Buffer.from(text, 'base64') };
    const names = { GlideRecord, GlideRecordSecure, GlideSysAttachment, GlideStringUtil, KBVersioning, KnowledgeUIAction };
    const context = vm.createContext(names);
    vm.runInContext(script, context);
    const call = (verb, body, row = ROW) => {
        const answer = { status: 0, body: null, setStatus(status) { this.status = status; }, setBody(body) { this.body = body; } };
        context.request = { pathParams: { sys_id: row }, body: body ? { data: body } : null };
        context.response = answer;
        vm.runInContext('KbPublishCompanion.' + verb + '(request, response)', context);
        return answer;
    };
    return { tables, call };
}

const file = { id: 'f'.repeat(32), file_name: 'net-2.png', content_type: 'image/png', base64: Buffer.from('new').toString('base64') };
const change = (further = {}) => ({
    sys_mod_count: '4', stamp_field: 'description',
    columns: { short_description: 'New', text: '<img src="/sys_attachment.do?sys_id=' + file.id + '">', description: 'kb-publish-1/p/1 w=- s=2' },
    files: [file], remove: ['old-1.png'], ...further
});

const cases = {
    'it says that it is there'() {
        const answer = instance().call('hello');
        assert.strictEqual(answer.status, 200);
        assert.strictEqual(answer.body.companion, 'kb-publish-companion/1');
    },
    'a published article gets a new version with its files'() {
        const { tables, call } = instance();
        const answer = call('change', change());
        assert.strictEqual(answer.status, 200, JSON.stringify(answer.body));
        const [old, now] = tables.kb_knowledge;
        assert.deepStrictEqual([old.workflow_state, now.workflow_state, now.short_description], ['outdated', 'published', 'New']);
        assert.strictEqual(old.text.includes('c'.repeat(32)), true, 'the old version keeps its file');
        const own = tables.sys_attachment.filter((one) => one.table_sys_id === now.sys_id);
        assert.deepStrictEqual(own.map((one) => [one.file_name, String(one.bytes)]), [['net-2.png', 'new']]);
        assert.strictEqual(now.text, '<img src="/sys_attachment.do?sys_id=' + own[0].sys_id + '">');
        assert.strictEqual(now.description, 'kb-publish-1/p/1 w=' + now.sys_id.substring(0, 8) + ' s=2');
        assert.strictEqual(answer.body.sys_id, now.sys_id);
    },
    'a file that is there is not sent again'() {
        const { tables, call } = instance();
        const kept = { id: file.id, file_name: 'old-1.png', content_type: 'image/png' };
        assert.strictEqual(call('change', change({ files: [kept], remove: [] })).status, 200);
        const now = tables.kb_knowledge[1];
        const own = tables.sys_attachment.filter((one) => one.table_sys_id === now.sys_id);
        assert.strictEqual(own.length, 1);
        assert.ok(now.text.includes(own[0].sys_id));
    },
    'an approval is told as it is'() {
        const { tables, call } = instance({ approval: true });
        assert.strictEqual(call('change', change()).body.workflow_state, 'review');
        assert.strictEqual(tables.kb_knowledge[0].workflow_state, 'published');
    },
    'a row that moved is left alone'() {
        const { tables, call } = instance();
        assert.strictEqual(call('change', change({ sys_mod_count: '3' })).status, 409);
        assert.strictEqual(tables.kb_knowledge.length, 1);
    },
    'a checked-out article is left alone'() {
        const { tables, call } = instance();
        tables.kb_knowledge.push({ ...tables.kb_knowledge[0], sys_id: 'e'.repeat(32), workflow_state: 'draft' });
        assert.strictEqual(call('change', change()).status, 409);
        assert.strictEqual(tables.kb_knowledge.length, 2);
    },
    'who may not check out is refused'() {
        assert.strictEqual(instance({ mayNot: true }).call('change', change()).status, 403);
        assert.strictEqual(instance({ refuseCheckout: true }).call('change', change()).status, 403);
        assert.strictEqual(instance({ hidden: true }).call('change', change()).status, 404);
    },
    'a version that cannot be written or published is taken back'() {
        for (const options of [{ refuseUpdate: true }, { refusePublish: true }]) {
            const { tables, call } = instance(options);
            assert.strictEqual(call('change', change()).status, 422);
            assert.strictEqual(tables.kb_knowledge.length, 1);
        }
    },
    'a version that stays is told'() {
        const answer = instance({ refusePublish: true, refuseDelete: true }).call('change', change());
        assert.ok(answer.body.error.message.includes('is left checked out'), answer.body.error.message);
    },
    'only columns of an article are written'() {
        for (const name of ['workflow_state', 'sys_id', 'number', 'article_id', 'active']) {
            const answer = instance().call('change', change({ columns: { [name]: 'x' } }));
            assert.strictEqual(answer.status, 400, name);
        }
    },
    'a malformed call is refused before anything is done'() {
        const bad = [null, change({ columns: null }), change({ sys_mod_count: 4 }), change({ stamp_field: 'a b' }), change({ files: [{ id: 'x' }] })];
        for (const body of bad) {
            const { tables, call } = instance();
            assert.strictEqual(call('change', body).status, 400);
            assert.strictEqual(tables.kb_knowledge.length, 1);
        }
        assert.strictEqual(instance().call('change', change(), 'no-id').status, 400);
        assert.strictEqual(instance({ row: { workflow_state: 'draft' } }).call('change', change()).status, 409);
    }
};

for (const [name, run] of Object.entries(cases)) {
    try {
        run();
    } catch (error) {
        console.error('FAILED: ' + name);
        throw error;
    }
}
console.log(Object.keys(cases).length + ' cases');
