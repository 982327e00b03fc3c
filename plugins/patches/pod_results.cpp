#include "plugins/patches/pod_results.h"

#include <algorithm>
#include <cmath>

namespace assay::patches::pod {

const Outcome* Subject::find(const Scenario& scenario, Defence defence) const
{
    for (const Outcome& outcome : outcomes)
        if (outcome.scenario == scenario && outcome.defence == defence)
            return &outcome;
    return nullptr;
}

Scenario PodResults::usual(const std::string& attack) const
{
    return liesOnObjects(attack) ? Scenario{attack, base.shape, base.size} : Scenario{attack, {}, 0};
}

std::vector<const Outcome*> PodResults::outcomes(const std::string& group, const Scenario& scenario,
                                                 Defence defence) const
{
    std::vector<const Outcome*> found;
    for (const Subject& subject : subjects)
        if (subject.group == group)
            if (const Outcome* outcome = subject.find(scenario, defence))
                found.push_back(outcome);
    return found;
}

std::optional<Spread> PodResults::apObject(const std::string& group, const Scenario& scenario,
                                           Defence defence) const
{
    std::vector<double> values;
    for (const Outcome* outcome : outcomes(group, scenario, defence))
        values.push_back(outcome->apObject);
    if (values.empty())
        return {};
    return spreadOf(values);
}

std::optional<double> PodResults::timeAgainstNaive(const std::string& group) const
{
    // Of repeats that both have.
    double own = 0, naive = 0;
    for (const Subject& subject : subjects)
        for (const Subject& other : subjects)
            if (subject.group == group && other.group == "naive" && subject.repeat == other.repeat &&
                subject.cpuSeconds > 0 && other.cpuSeconds > 0) {
                own += subject.cpuSeconds;
                naive += other.cpuSeconds;
            }
    if (naive == 0)
        return {};
    return own / naive;
}

Spread spreadOf(const std::vector<double>& values)
{
    Spread spread{.count = static_cast<int>(values.size())};
    if (values.empty())
        return spread;
    spread.low = std::ranges::min(values);
    spread.high = std::ranges::max(values);
    for (const double value : values)
        spread.mean += value / static_cast<double>(values.size());
    double squares = 0;
    for (const double value : values)
        squares += (value - spread.mean) * (value - spread.mean);
    if (values.size() > 1)
        spread.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return spread;
}

bool liesOnObjects(const std::string& attack)
{
    return attack == "noise" || attack == "black" || attack == "advpatch" || attack == "adaptive";
}

std::string groupTitle(const std::string& group)
{
    return trainingTitle(group);
}

} // namespace assay::patches::pod
