#pragma once

#include "backend/protocol/message.h"

#include <vector>

namespace assay::tests {

/// One message of every kind with every field set to something else than its default.
std::vector<protocol::Message> everyMessage();
std::vector<protocol::Event> everyEvent();

} // namespace assay::tests
