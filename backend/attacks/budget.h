#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <string>

namespace assay::attacks {

enum class Norm { Linf, L2, L1 };

/// "linf", "l2", "l1".
const char* normName(Norm norm);
/// @throws Error naming the three when @p name is none of them.
Norm normFromName(const std::string& name);

/// How far an attack may go and what it may spend. Pixels are [0,1]; eps and stepSize are in that unit, in
/// the norm named. What an attack does not use it ignores: fgsm takes one step whatever `steps` says,
/// gradient attacks know no queries.
struct Budget
{
    Norm norm = Norm::Linf;
    double eps = 0.1;
    int steps = 10;
    double stepSize = 0;         ///< 0: the attack's own, see its summary
    std::int64_t queries = 1000; ///< per sample, of query attacks
    bool operator==(const Budget&) const = default;
};

/// @throws Error "ATTACK: 'eps' is ..." naming the number that is out of range: eps and stepSize 0 .. 1 for
/// L-inf, 0 .. 1000 for L2, 0 .. 1e6 for L1; steps 1 .. 100000; queries 1 .. 1e9.
void checkBudget(const Budget& budget, const std::string& attack);

Json toJson(const Budget& budget);

} // namespace assay::attacks
