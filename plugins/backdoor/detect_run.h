#pragma once

#include "plugins/backdoor/detect_results.h"
#include "plugins/backdoor/detect_subject.h"

namespace assay::backdoor {

/// One run of `backdoor.detect`: every model, repeat and detector.
class DetectRun
{
public:
    DetectRun(engine::RunContext& context, const DetectParams& params)
        : m_context(context)
        , m_params(params)
    {}

    /// Emits everything as it goes.
    void execute();

private:
    void examine(const DetectSubject& subject, int seed);
    void detect(const DetectSubject& subject, const DetectDraw& draw, const std::string& id, int seed);
    /// The detector, ready; what only PSC and TeCo have goes into the results.
    std::unique_ptr<PoisonDetector> made(const std::string& id, const DetectSubject& subject,
                                         const DetectDraw& draw, int seed);
    std::unique_ptr<PoisonDetector> madePsc(const DetectSubject& subject, const DetectDraw& draw, int seed);
    void keepImages(const DetectSubject& subject, const DetectDraw& draw);
    DetectSubjectResults& shown() { return m_results.subjects.back(); }

    engine::RunContext& m_context;
    const DetectParams& m_params;
    DetectResults m_results;
    double m_done = 0, m_total = 1;
};

} // namespace assay::backdoor
