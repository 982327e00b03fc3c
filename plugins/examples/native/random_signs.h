#pragma once

#include "backend/attacks/query_task.h"
#include "backend/attacks/registry.h"

namespace noise_example {

/// Corners of the L-inf ball drawn at random: every pixel moves by +eps or -eps, with equal chance. A sample
/// is done with its first success and else takes Budget::queries draws. Whatever a real attack achieves
/// should be compared with this. The result of a sample that resists is its last draw.
class RandomSigns final : public assay::attacks::TaskQueryAttack
{
public:
    RandomSigns()
        : TaskQueryAttack("example.random-signs", {assay::attacks::Norm::Linf})
    {}

protected:
    /// One group of samples, in a worker thread. Draws come from streams of the samples' own, so that results
    /// depend neither on the batch nor on threads.
    void attackTask(assay::attacks::QueryTask& task) const override;
};

/// Describes the attack for lists and forms, and makes it.
assay::attacks::AttackEntry randomSignsEntry();

} // namespace noise_example
