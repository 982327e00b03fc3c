#pragma once

#include "backend/protocol/event.h"

namespace assay::protocol {

// A decoded value may come from a hostile file. These make sure that what the fields say of each other is
// true, so that views can index without checking. Each throws Error naming the field.

void checkConsistent(const MarkSamples& samples, std::size_t marks, const char* where);
void checkConsistent(const Figure& figure);
void checkConsistent(const Table& table);
void checkConsistent(const ImageGrid& grid);
void checkConsistent(const Scene& scene);

} // namespace assay::protocol
