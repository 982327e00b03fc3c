#pragma once

#include "backend/engine/study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/plugins/transfer/device_context.h"

#include <QString>

#include <memory>

namespace assay::test {

/// A study with its parameters, to be run on the CPU and on the counting device.
struct StudyOnDevice
{
    std::unique_ptr<engine::Study> study;
    Json params;

    /// @p more what a run sets beyond params.
    void run(DeviceContext& context, const Json& more) const
    {
        Json all = params;
        all.update(more);
        study->run(context, all);
    }
    /// Where the tables of both devices, at least @p tables of them, differ by more than @p tolerance; empty:
    /// nowhere.
    QString differenceOnDevice(const Json& more, double tolerance, std::size_t tables = 1) const
    {
        DeviceContext here(torch::kCPU), there(countingDevice());
        run(here, more);
        const Transfers before = transfers();
        run(there, more);
        if ((transfers() - before).operators == 0)
            return QStringLiteral("nothing ran on the device");
        if (here.tables.size() < tables)
            return QStringLiteral("%1 tables").arg(here.tables.size());
        return firstDifference(here, there, tolerance);
    }
    /// What crosses while it runs on the device.
    Transfers cost(const Json& more) const
    {
        DeviceContext context(countingDevice());
        const Transfers before = transfers();
        run(context, more);
        return transfers() - before;
    }
};

inline QString crossingsText(const Transfers& t)
{
    return QStringLiteral("%1 to the device, %2 to the host, %3 values, %4 sizes")
        .arg(t.toDevice)
        .arg(t.toHost)
        .arg(t.scalars)
        .arg(t.sizes);
}

} // namespace assay::test
