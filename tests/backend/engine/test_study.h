#pragma once

#include "backend/engine/study.h"

#include <functional>

namespace assay::engine {

/// A study without declared parameters whose body a test writes in place.
class TestStudy final : public Study
{
public:
    using Body = std::function<void(RunContext&)>;
    TestStudy(std::string id, Body run, Body preview = {})
        : m_id(std::move(id))
        , m_run(std::move(run))
        , m_preview(std::move(preview))
    {}
    StudyInfo info() const override
    {
        StudyInfo info;
        info.id = m_id;
        info.title = "Test study " + m_id;
        info.previews = static_cast<bool>(m_preview);
        return info;
    }
    protocol::Schema schema() const override { return {}; }
    void run(RunContext& ctx, const Json&) override { m_run(ctx); }
    void preview(RunContext& ctx, const Json&) override { m_preview(ctx); }

private:
    std::string m_id;
    Body m_run;
    Body m_preview;
};

} // namespace assay::engine
