#include "backend/calibration/minimise.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <string>
#include <utility>

namespace assay::calibration {

namespace {

using Numbers = std::vector<double>;

constexpr double kDecrease = 1e-4;  ///< share of the slope that a step must gain (Armijo)
constexpr double kCurvature = 0.9;  ///< share of the slope that may be left after a step (Wolfe)
constexpr double kRounding = 1e-13; ///< of the value: what its sums of thousands of terms are off by
constexpr int kMostTrials = 60;

/// A point with what the objective says there.
struct Place
{
    Numbers x;
    Numbers gradient;
    double value = 0;
};

/// A step and what it did to the gradient.
struct Pair
{
    Numbers step;
    Numbers change;
};

double dot(const Numbers& a, const Numbers& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

class Search
{
public:
    Search(const Objective& objective, Numbers start, const Box& box, const MinimiseSpec& spec);
    Minimum run();

private:
    bool bounded() const { return !m_box.lower.empty(); }
    /// Whether variable i may move: not at a bound with the descent leading out.
    bool isFree(std::size_t i) const;
    double projectedGradient() const;
    Place evaluate(Numbers x);
    Numbers direction() const;
    Place along(const Numbers& direction, double length);
    /// Slope at @p place of the path along @p direction; variables stopped by a bound no longer move.
    double slopeAt(const Place& place, const Numbers& direction) const;
    bool step(const Numbers& direction);
    void remember(const Place& next);

    const Objective& m_objective;
    const Box& m_box;
    const MinimiseSpec& m_spec;
    Place m_here;
    std::deque<Pair> m_pairs;
    int m_evaluations = 0;
};

Search::Search(const Objective& objective, Numbers start, const Box& box, const MinimiseSpec& spec)
    : m_objective(objective)
    , m_box(box)
    , m_spec(spec)
{
    if (bounded()) {
        for (std::size_t i = 0; i < start.size(); ++i) {
            if (!(start[i] >= box.lower.at(i) && start[i] <= box.upper.at(i)))
                throw Error("a search starts outside its box, at number " + std::to_string(i));
        }
    }
    m_here = evaluate(std::move(start));
    if (!std::isfinite(m_here.value))
        throw Error("a search starts where its objective is not finite");
}

bool Search::isFree(std::size_t i) const
{
    return !bounded() || !((m_here.x[i] <= m_box.lower[i] && m_here.gradient[i] > 0) ||
                           (m_here.x[i] >= m_box.upper[i] && m_here.gradient[i] < 0));
}

double Search::projectedGradient() const
{
    double largest = 0;
    for (std::size_t i = 0; i < m_here.x.size(); ++i) {
        if (isFree(i))
            largest = std::max(largest, std::abs(m_here.gradient[i]));
    }
    return largest;
}

Place Search::evaluate(Numbers x)
{
    Place place{.x = std::move(x)};
    place.gradient.assign(place.x.size(), 0.0);
    place.value = m_objective(place.x, place.gradient);
    ++m_evaluations;
    return place;
}

/// The two loops of L-BFGS (Nocedal & Wright 2006, algorithm 7.4) among the free variables.
Numbers Search::direction() const
{
    const std::size_t n = m_here.x.size();
    Numbers mask(n), d(n);
    for (std::size_t i = 0; i < n; ++i) {
        mask[i] = isFree(i) ? 1 : 0;
        d[i] = -m_here.gradient[i] * mask[i];
    }
    std::vector<std::pair<Pair, double>> used; // restricted pairs with 1 / (step . change), the latest first
    for (const Pair& pair : m_pairs) {
        Pair restricted = pair;
        for (std::size_t i = 0; i < n; ++i) {
            restricted.step[i] *= mask[i];
            restricted.change[i] *= mask[i];
        }
        const double curvature = dot(restricted.step, restricted.change);
        if (curvature > 1e-300)
            used.emplace_back(std::move(restricted), 1 / curvature);
    }
    if (used.empty()) {
        const double length = std::sqrt(dot(d, d));
        for (double& part : d)
            part /= std::max(1.0, length);
        return d;
    }
    Numbers alpha(used.size());
    for (std::size_t k = 0; k < used.size(); ++k) {
        alpha[k] = used[k].second * dot(used[k].first.step, d);
        for (std::size_t i = 0; i < n; ++i)
            d[i] -= alpha[k] * used[k].first.change[i];
    }
    const Numbers& change = used.front().first.change;
    const double scale = 1 / (used.front().second * dot(change, change));
    for (double& part : d)
        part *= scale;
    for (std::size_t k = used.size(); k-- > 0;) {
        const double beta = used[k].second * dot(used[k].first.change, d);
        for (std::size_t i = 0; i < n; ++i)
            d[i] += (alpha[k] - beta) * used[k].first.step[i];
    }
    return d;
}

Place Search::along(const Numbers& direction, double length)
{
    Numbers x = m_here.x;
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] += length * direction[i];
        if (bounded())
            x[i] = std::clamp(x[i], m_box.lower[i], m_box.upper[i]);
    }
    return evaluate(std::move(x));
}

double Search::slopeAt(const Place& place, const Numbers& direction) const
{
    double slope = 0;
    for (std::size_t i = 0; i < direction.size(); ++i) {
        const bool stopped = bounded() && ((place.x[i] <= m_box.lower[i] && direction[i] < 0) ||
                                           (place.x[i] >= m_box.upper[i] && direction[i] > 0));
        slope += stopped ? 0 : place.gradient[i] * direction[i];
    }
    return slope;
}

bool Search::step(const Numbers& direction)
{
    const double slope = slopeAt(m_here, direction);
    if (!(slope < 0))
        return false;
    double shorter = 0, longer = std::numeric_limits<double>::infinity(), length = 1;
    for (int trial = 0; trial < kMostTrials; ++trial) {
        Place next = along(direction, length);
        double gained = 0; // what the slope at the start promises for the way gone
        for (std::size_t i = 0; i < direction.size(); ++i)
            gained += m_here.gradient[i] * (next.x[i] - m_here.x[i]);
        const double after = slopeAt(next, direction);
        const bool lower = next.value <= m_here.value + kDecrease * gained;
        const bool level = next.value <= m_here.value + kRounding * std::abs(m_here.value) &&
                           after <= (2 * kDecrease - 1) * slope;
        if (!(lower || level)) {
            longer = length;
        } else if (after < kCurvature * slope) {
            shorter = length;
        } else {
            const bool moved = next.x != m_here.x;
            remember(next);
            m_here = std::move(next);
            return moved;
        }
        length = std::isinf(longer) ? 2 * shorter : (shorter + longer) / 2;
    }
    return false;
}

void Search::remember(const Place& next)
{
    Pair pair;
    for (std::size_t i = 0; i < next.x.size(); ++i) {
        pair.step.push_back(next.x[i] - m_here.x[i]);
        pair.change.push_back(next.gradient[i] - m_here.gradient[i]);
    }
    // Bounds can hide the curvature that the step saw.
    if (dot(pair.step, pair.change) <=
        1e-14 * std::sqrt(dot(pair.step, pair.step) * dot(pair.change, pair.change)))
        return;
    m_pairs.push_front(std::move(pair));
    if (m_pairs.size() > static_cast<std::size_t>(m_spec.memory))
        m_pairs.pop_back();
}

Minimum Search::run()
{
    Minimum result;
    while (result.iterations < m_spec.iterations && projectedGradient() > m_spec.tolerance) {
        if (!step(direction())) {
            // The curvature remembered may mislead beside a bound: once more, straight downhill.
            if (m_pairs.empty())
                break;
            m_pairs.clear();
            continue;
        }
        ++result.iterations;
    }
    result.gradient = projectedGradient();
    result.converged = result.gradient <= m_spec.tolerance;
    result.x = std::move(m_here.x);
    result.value = m_here.value;
    result.evaluations = m_evaluations;
    return result;
}

} // namespace

Minimum minimise(const Objective& objective, Numbers start, const Box& box, const MinimiseSpec& spec)
{
    return Search(objective, std::move(start), box, spec).run();
}

} // namespace assay::calibration
