#include "backend/engine/run_context.h"

namespace assay::engine {

attacks::Patch RunContext::patch(const std::string& nameOrPath)
{
    return attacks::PatchLibrary({}).open(nameOrPath);
}

attacks::AttackHooks RunContext::attackHooks(std::string stage)
{
    attacks::AttackHooks hooks;
    hooks.checkpoint = [this] { checkpoint(); };
    hooks.progress = [this, stage = std::move(stage)](std::int64_t done, std::int64_t total) {
        progress(static_cast<double>(done), static_cast<double>(total), stage);
    };
    return hooks;
}

} // namespace assay::engine
