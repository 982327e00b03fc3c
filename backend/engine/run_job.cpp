#include "backend/engine/run_job.h"

#include "backend/engine/devices.h"
#include "backend/engine/failure.h"
#include "backend/engine/files.h"
#include "backend/engine/provenance.h"
#include "backend/protocol/error.h"

namespace assay::engine {

using namespace protocol;

RunJob::RunJob(Study& study, RunSpec spec, RunWriter writer, RunServices services, EngineListener& listener)
    : m_study(study)
    , m_spec(std::move(spec))
    , m_writer(std::move(writer))
    , m_services(services)
    , m_listener(listener)
    , m_began(std::chrono::steady_clock::now())
{}

template <class Work>
RunJob::Outcome RunJob::attempt(Work&& work) const
{
    try {
        work();
        return {};
    } catch (const Cancelled&) {
        return {RunState::Cancelled, {}};
    } catch (...) {
        return {RunState::Failed, failureSentence(std::current_exception(), m_spec.study)};
    }
}

void RunJob::emitEvent(Event event)
{
    const Event sent = m_writer.write(std::move(event));
    m_listener.runEvent({m_writer.id(), m_sequence++, false, sent});
}

void RunJob::run(JobControl& control)
{
    m_began = std::chrono::steady_clock::now();
    Json facts = Json::object();
    const Outcome outcome = attempt([&] {
        BatchContext context(m_services, m_spec, m_writer.folder(), control,
                             [this](Event event) { emitEvent(std::move(event)); });
        facts = provenance(context.device(), m_spec.seed, m_study.info().version);
        emitEvent(RunStarted{m_writer.id(), m_spec, facts, secondsNow()});
        const Outcome study = attempt([&] {
            control.checkpoint();
            m_study.run(context, m_spec.params);
            context.warnOfChangedScripts();
        });
        facts["inputs"] = context.inputs();
        context.rethrowStorageError();
        if (study.state == RunState::Cancelled)
            throw Cancelled{};
        if (study.state == RunState::Failed)
            throw StudyFailed{study.error};
    });
    finish(outcome, std::move(facts));
}

void RunJob::abandon()
{
    const Outcome outcome = attempt([&] {
        emitEvent(RunStarted{m_writer.id(), m_spec, Json(), secondsNow()});
    });
    finish(outcome.state == RunState::Failed ? outcome : Outcome{RunState::Cancelled, {}}, Json::object());
}

void RunJob::finish(Outcome outcome, Json facts)
{
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_began).count();
    facts["seconds"] = seconds;
    facts["peak_memory_bytes"] = peakMemoryBytes();
    const Outcome stored = attempt([&] { m_writer.writeResults(facts); });
    if (outcome.state != RunState::Failed && stored.state == RunState::Failed)
        outcome = stored;
    RunFinished last{outcome.state, outcome.error, seconds, facts};
    const Outcome closed = attempt([&] { m_writer.finish(last); });
    if (last.state != RunState::Failed && closed.state == RunState::Failed) {
        last.state = RunState::Failed;
        last.error = closed.error;
    }
    attempt([&] { m_listener.runEvent({m_writer.id(), m_sequence++, false, last}); });
}

} // namespace assay::engine
