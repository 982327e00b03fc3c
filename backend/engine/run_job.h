#pragma once

#include "backend/engine/engine_listener.h"
#include "backend/engine/job_context.h"
#include "backend/engine/run_writer.h"
#include "backend/engine/study.h"

namespace assay::engine {

/// One run on the batch lane: runs the study, stores and sends its events, and turns whatever the study
/// throws into how the run ended. Used by one thread at a time.
class RunJob
{
public:
    RunJob(Study& study, protocol::RunSpec spec, RunWriter writer, RunServices services,
           EngineListener& listener);

    /// Does not throw: a run that cannot even be written down ends as failed for the listener.
    void run(JobControl& control);
    /// Ends a run that was cancelled while it waited.
    void abandon();

    const RunWriter& writer() const { return m_writer; }

private:
    struct Outcome
    {
        protocol::RunState state = protocol::RunState::Finished;
        std::string error;
    };
    template <class Work>
    Outcome attempt(Work&& work) const;
    void emitEvent(protocol::Event event);
    void finish(Outcome outcome, Json provenance);

    Study& m_study;
    protocol::RunSpec m_spec;
    RunWriter m_writer;
    RunServices m_services;
    EngineListener& m_listener;
    std::uint64_t m_sequence = 0;
    std::chrono::steady_clock::time_point m_began;
};

} // namespace assay::engine
