#pragma once

#include "backend/engine/run_context.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::engine {

/// What the catalogue shows of a study.
struct StudyInfo
{
    std::string id;                    ///< "transfer.class-aware"; group before the dot
    std::string title;                 ///< "Class-aware transferability"
    std::string question;              ///< what it answers, one sentence ending in a question mark
    std::string summary;               ///< one paragraph
    std::string reference;             ///< the paper
    std::vector<std::string> keywords; ///< found by the catalogue's search
    std::vector<std::string> outputs;  ///< documented stable outputs, one line each
    std::string version = "1";         ///< raised when the same spec would give other numbers
    bool previews = false;
};

/// One analysis with declared parameters. It knows nothing of windows. Stateless: the engine may call
/// run() and preview() of one object from two threads.
class Study
{
public:
    virtual ~Study() = default;
    virtual StudyInfo info() const = 0;
    virtual protocol::Schema schema() const = 0;
    /// Runs with params that were validated against schema(). Throws Error, Cancelled; returns when done.
    virtual void run(RunContext& ctx, const Json& params) = 0;
    /// Answers a change of live fields on a finished run within about 100 ms: emits replacements of the
    /// figures, tables and grids that change, under the same names. Only called when info().previews. What
    /// was changed was validated; the rest is as the run was told, and need not exist any more.
    virtual void preview(RunContext& ctx, const Json& params);
};

/// Base for a study whose parameters are a struct P with a visit() function (backend/protocol/params.h).
/// The typed functions have names of their own: overloads of run() would hide one another in derived classes.
template <class P>
class StudyOf : public Study
{
public:
    protocol::Schema schema() const final { return protocol::describe<P>(); }
    void run(RunContext& ctx, const Json& params) final { runWith(ctx, protocol::readParams<P>(params)); }
    void preview(RunContext& ctx, const Json& params) final
    {
        // Checked already; what the run was told may name an attack that is no longer there.
        P told;
        protocol::Reader reader{params};
        visit(reader, told);
        previewWith(ctx, told);
    }

protected:
    virtual void runWith(RunContext& ctx, const P& params) = 0;
    virtual void previewWith(RunContext&, const P&) {}
};

} // namespace assay::engine
