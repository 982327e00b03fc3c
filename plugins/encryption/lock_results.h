#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"
#include "plugins/encryption/lock_keys.h"
#include "plugins/encryption/lock_scores.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::encryption::lock {

/// How a lock came about.
enum class Method {
    Trained,  ///< with the key in the forward pass
    Existing, ///< a finished detector, rearranged
    Input     ///< no lock: the images are encrypted
};
const char* methodName(Method method); ///< "trained", "existing", "input"

/// A mean over keys and its ends.
struct OverKeys
{
    double mean = 0;
    double least = 0;
    double most = 0;
};

/// One lock with what is found with each key.
struct LockOutcome
{
    std::string layer;     ///< "c2+c3", "input"
    std::string transform; ///< "permute", "shf-4"
    double share = 1;
    Method method = Method::Trained;
    Scores right;
    Scores none;
    std::vector<Scores> wrong; ///< by number of the wrong key, from 1
    OverKeys wrongAp() const;
    OverKeys wrongAllPoint() const;
};

/// What is found with a key of which a share is right.
struct PartialOutcome
{
    double right = 0;
    std::vector<Scores> byKey; ///< by number of the wrong key that fills the rest
    OverKeys ap() const;
};

/// What a thief reaches who has labelled images.
struct AttackOutcome
{
    double share = 0;
    std::int64_t images = 0;
    Scores stolen;  ///< fine-tuned from the stolen weights, without a key
    Scores scratch; ///< trained from scratch on the same images
};

/// What a key guessed from the weights is worth.
struct EstimateOutcome
{
    Method lock = Method::Trained;
    std::string method;        ///< "norms", "means"
    std::int64_t right = 0;    ///< positions
    std::int64_t channels = 0; ///< of them all
    Scores found;
};

/// One map of the network.
struct MapRow
{
    std::string map;
    MapShape shape;
    std::string consumer;
    std::int64_t encrypted = 0;
    double bits = 0; ///< of the key, base-2 logarithm
};

struct LockResults
{
    std::vector<std::string> classes;
    std::string main;      ///< the lock that is looked at closely
    std::string transform; ///< of all locks
    double share = 1;
    std::string key; ///< "owner", or the fingerprint of a file's
    std::int64_t testCount = 0;
    Scores unprotected;
    std::vector<LockOutcome> locks;
    std::vector<PartialOutcome> partial;
    std::vector<AttackOutcome> attacks;
    std::vector<EstimateOutcome> estimates;
    std::vector<MapRow> maps;
    double bitsOfMain = 0;
    /// Largest difference of raw answers between a lock put on the finished detector, under its key, and that
    /// detector, relative to the largest answer; none without such a lock.
    std::optional<double> existingDifference;

    /// The lock of all channels asked for, or null. @param transform empty: that of all locks.
    const LockOutcome* find(const std::string& layer, Method method, const std::string& transform = {}) const;
    /// The trained one, or that put on the finished detector where none was trained.
    const LockOutcome* find(const std::string& layer) const;
};

protocol::Figure apFigure(const LockResults& results);
protocol::Figure curvesFigure(const LockResults& results);
protocol::Figure partialFigure(const LockResults& results);
protocol::Figure sharesFigure(const LockResults& results);
protocol::Figure attackFigure(const LockResults& results);
protocol::Figure keySpaceFigure(const LockResults& results);

/// `ap`: layer, share, key, ap, n, low, high, ap_all, transform, method.
protocol::Table apTable(const LockResults& results);
/// `wrong_keys`: layer, share, transform, method, number, ap.
protocol::Table wrongKeysTable(const LockResults& results);
/// `classes`: class, objects, unprotected, right, none, wrong.
protocol::Table classesTable(const LockResults& results);
/// `partial`: right, keys, ap, low, high.
protocol::Table partialTable(const LockResults& results);
/// `attack`: share, images, start, ap, n, low, high.
protocol::Table attackTable(const LockResults& results);
/// `estimate`: lock, method, right, channels, ap, n, low, high.
protocol::Table estimateTable(const LockResults& results);
/// `maps`: map, channels, height, width, consumer, encrypted, bits.
protocol::Table mapsTable(const LockResults& results);
std::vector<protocol::Metric> lockMetrics(const LockResults& results);

} // namespace assay::encryption::lock
