#pragma once

#include <csignal>
#include <sys/resource.h>

namespace assay::test {

/// While it lives, no file may grow beyond @p bytes: what a full disk is to a program.
class SmallDisk
{
public:
    explicit SmallDisk(long bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        getrlimit(RLIMIT_FSIZE, &limit);
        m_before = limit.rlim_cur;
        limit.rlim_cur = static_cast<rlim_t>(bytes);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk()
    {
        rlimit limit{};
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = m_before;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

private:
    rlim_t m_before = 0;
};

} // namespace assay::test
