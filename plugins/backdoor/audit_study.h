#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.audit`: was a model trained on an owner's images? See docs/studies/backdoor.audit.md.
std::unique_ptr<engine::Study> makeAuditStudy();

} // namespace assay::backdoor
