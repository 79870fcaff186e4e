/* Support: the store of a core under a harness. See records.h. */
#include "records.h"

#include "delivery/record.h"

enum { RECORDS_MOST = 64 };

static int order(const fuzz_record *one, const ep_record *other) {
  if (one->table != other->table) return one->table < other->table ? -1 : 1;
  return ep_bytes_compare(ep_bytes_of(one->key, one->key_len), other->key);
}

static void take_out(fuzz_records *records, size_t at) {
  free(records->all[at].value);
  records->count--;
  memmove(records->all + at, records->all + at + 1, (records->count - at) * sizeof *records->all);
}

static fuzz_record *put_in(fuzz_records *records, size_t at) {
  if (records->count == records->room) {
    records->room = records->room * 2 + 64;
    records->all = realloc(records->all, records->room * sizeof *records->all);
    FUZZ_MUST(records->all != NULL, "There is no memory for the harness.");
  }
  memmove(records->all + at + 1, records->all + at, (records->count - at) * sizeof *records->all);
  records->count++;
  return &records->all[at];
}

static void apply(fuzz_records *records, const ep_record *record) {
  size_t low = 0, high = records->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (order(&records->all[middle], record) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < records->count && order(&records->all[low], record) == 0) take_out(records, low);
  if (record->remove) return;
  fuzz_record *made = put_in(records, low);
  *made = (fuzz_record){.table = record->table, .key_len = record->key.len};
  memcpy(made->key, record->key.data, record->key.len);
  made->value = fuzz_copy(record->value);
  made->value_len = record->value.len;
}

void fuzz_records_apply(fuzz_records *records, ep_bytes batch) {
  ep_record record;
  while (ep_record_next(&batch, &record)) {
    FUZZ_MUST(record.key.len <= 64 && record.table < EP_TABLE_COUNT, "No store takes this record.");
    apply(records, &record);
  }
  FUZZ_MUST(batch.len == 0, "A batch does not end with a whole record.");
}

void fuzz_records_read(fuzz_records *out, fuzz_input *in) {
  ep_buffer batch;
  ep_buffer_init(&batch, &fuzz_unfailing);
  for (int i = 0; i < RECORDS_MOST && in->left > 4; i++) {
    uint8_t table = (uint8_t)(fuzz_byte(in) % EP_TABLE_COUNT);
    size_t key_len = 1 + fuzz_byte(in) % 64, value_len = fuzz_byte(in);
    value_len += (size_t)fuzz_byte(in) % 16 * 256;
    ep_record record = {.table = table, .key = fuzz_bytes(in, key_len)};
    if (record.key.len == 0) break;
    record.value = fuzz_bytes(in, value_len);
    ep_record_write(&batch, &record);
  }
  fuzz_records_apply(out, ep_buffer_bytes(&batch));
  ep_buffer_free(&batch);
}

ep_record fuzz_records_at(const fuzz_records *records, size_t index) {
  const fuzz_record *record =
      &records->all[records->backwards ? records->count - 1 - index : index];
  ep_record out = {.table = record->table};
  out.key = ep_bytes_of(record->key, record->key_len);
  out.value = ep_bytes_of(record->value, record->value_len);
  return out;
}

void fuzz_records_free(fuzz_records *records) {
  while (records->count > 0) take_out(records, records->count - 1);
  free(records->all);
  *records = (fuzz_records){.all = NULL};
}
