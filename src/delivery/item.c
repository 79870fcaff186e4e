/* Floor 3, delivery. Items: made once, shared, counted.
 * Read first: delivery/item.h. */
#include "delivery/item.h"

#include "base/assert.h"

static void item_check(const ep_item *item) {
  EP_ASSERT(item->refs > 0);
  EP_ASSERT(item->shape.hole <= item->shape.v1_end && item->shape.v1_end <= item->shape.len);
}

ep_item *ep_item_new(const ep_allocator *allocator, ep_item_kind kind, ep_bytes text,
                     ep_item_shape shape) {
  EP_ASSERT(text.len == shape.len);
  ep_item *item = allocator->resize(allocator->context, NULL, 0, sizeof(ep_item) + text.len);
  if (item == NULL) return NULL;
  *item = (ep_item){.refs = 1, .kind = (uint8_t)kind, .shape = shape};
  if (text.len != 0) memcpy(item->text, text.data, text.len);
  item_check(item);
  return item;
}

ep_item *ep_item_share(ep_item *item) {
  item_check(item);
  EP_ASSERT(item->refs < UINT32_MAX);
  item->refs++;
  return item;
}

bool ep_item_drop(const ep_allocator *allocator, ep_item *item) {
  item_check(item);
  item->refs--;
  if (item->refs != 0) return false;
  allocator->resize(allocator->context, item, sizeof(ep_item) + item->shape.len, 0);
  return true;
}

size_t ep_item_size(const ep_item *item) {
  item_check(item);
  return item->shape.len;
}
