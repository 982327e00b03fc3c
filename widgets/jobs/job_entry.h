#pragma once

#include "backend/protocol/event.h"

#include <QString>

#include <vector>

namespace assay::widgets {

/// Estimates how fast a job's present stage goes, from its last half minute, so that the time left follows
/// a change of pace but does not jump with every step.
class PaceMeter
{
public:
    /// @param seconds since the stage began; a stage that begins anew starts over.
    void add(const protocol::Progress& progress);
    /// Units a second; 0 while too little is known.
    double perSecond() const;
    /// Seconds; negative while unknown.
    double secondsLeft() const;

private:
    struct Sample
    {
        double seconds;
        double done;
    };
    std::vector<Sample> m_samples;
    std::string m_stage;
    double m_done = 0;
    double m_total = 0;
};

/// One job of this session as the list shows it.
struct JobEntry
{
    QString run;
    QString study;
    QString title; ///< the user's name for it, or the study's title
    protocol::RunState state = protocol::RunState::Queued;
    QString error;
    protocol::Progress progress;
    PaceMeter pace;

    /// In [0,1]; negative when the stage does not know its length. 1 for a finished job.
    double fraction() const;
    QString stateText() const;
    /// "Crafting · 45 % · 310 images/s · 12 s left", or the error, or what else there is to say.
    QString detail() const;
};

/// What a stage counts, as far as its name tells: "image", "epoch", "batch", "step", else empty.
QString unitOfStage(const QString& stage);

} // namespace assay::widgets
